import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Storage that refuses is status 74; afterwards the same command ends with the same bytes.
@Suite struct StorageFailureTests {
  /// Blocks of 512 bytes: below the plan, below the head's file, below the trunk's, below the audit report.
  @Test(arguments: [1, 100, 500, 2000, 10_000]) func `a file size limit is 74 and the run goes on without it`(
    blocks: Int
  ) throws {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder, limits: "ulimit -f \(blocks)")
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.contains("E_FILE_TOO_LARGE"), "\(outcome.err)")
    #expect(outcome.err.contains("ulimit -f"))
    #expect(outcome.out.isEmpty)
    #expect(!folder.exists("out"))
    let next = try runDemo(folder)
    #expect(next.isSuccess, "\(next.summary)")
    try expectReference(folder)
  }

  @Test func `an output beneath a file is 74, a work folder that is a file is somebody's: 65`() throws {
    let folder = try Demo.folder()
    try folder.write("a file", to: "file")
    let outcome = try runDemo(folder, ["--output", "file/out"])
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(folder.text("file") == "a file")
    let work = try runDemo(folder, ["--work", "file"])
    #expect(work.end == .exit(65), "\(work.summary)")
    #expect(folder.text("file") == "a file")
  }

  /// The superuser may write everywhere but into `/proc`.
  @Test func `an unwritable output is 74`() throws {
    let folder = try Demo.folder()
    let place: String
    if getuid() == 0 {
      place = "/proc/out"
    } else {
      try folder.makeFolder("locked")
      chmod(folder["locked"], 0o555)
      place = folder["locked/out"]
    }
    for options in [["--output", place], ["--work", place]] {
      let outcome = try runDemo(folder, options)
      #expect(outcome.end == .exit(74), "\(outcome.summary)")
      #expect(outcome.err.contains("error: E_"))
      #expect(!folder.exists("out"))
    }
    chmod(folder["locked"], 0o755)
    try? FileManager.default.removeItem(atPath: folder["out.work"])
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test(
    .enabled("the superuser can become somebody else") { getuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0 })
  func `C3 an output whose folder this user cannot write is refused before the conversion`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("closed")
    #expect(chmod(folder.path, 0o777) == 0 && chmod(folder["closed"], 0o755) == 0)
    let outcome = try CambiumProcess.run(
      ["run", "m.json", "--output", "closed/new/out", "--work", "w"], in: folder.path,
      limits: "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"")
    #expect(outcome.end == .exit(74) && outcome.err.contains("E_READ_ONLY"), "\(outcome.summary)")
    #expect(!folder.exists("w"))
  }

  @Test(
    .enabled("a small file system can be mounted, which takes the superuser on Linux") { SmallDisk.isPossible },
    arguments: [1, 7, 12])
  func `a full disk is 74 and the run goes on with space`(megabytes: Int) throws {
    let folder = try Demo.folder()
    let disk = try SmallDisk(in: folder, "disk", megabytes: megabytes)
    let places = ["--work", "disk/work", "--output", "disk/copy/out"]
    let outcome = try runDemo(folder, places)
    if outcome.isSuccess {
      // Where weights are cloned the last size may be enough.
      #expect(megabytes == 12)
    } else {
      #expect(outcome.end == .exit(74), "\(outcome.summary)")
      #expect(outcome.err.contains("E_DISK_FULL"), "\(outcome.err)")
      #expect(!folder.exists("disk/copy/out"))
    }
    try disk.grow(to: 64)
    let next = try runDemo(folder, places)
    #expect(next.isSuccess, "\(next.summary)")
    #expect(differences(try Demo.reference.get().path, folder["disk/copy/out"]) == [])
    #expect(folder.leftovers == [])
  }

  @Test func `08 a run whose reader left goes on to its end, and ends with 74`() throws {
    let folder = try Demo.folder()
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    close(ends[0])
    let process = try CambiumProcess(["run", "m.json"], in: folder.path, stdout: ends[1], stderr: ends[1])
    close(ends[1])
    let outcome = try process.wait()
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    try expectReference(folder)
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0))
  func
    `08 a run whose result is lost goes on to its end, and ends with 74`()
    throws
  {
    let folder = try Demo.folder()
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    let process = try CambiumProcess(["run", "m.json"], in: folder.path, stdout: full, stderr: full)
    close(full)
    #expect(try process.wait().end == .exit(74))
    try expectReference(folder)
  }
}

/// A file system in memory of a few megabytes.
final class SmallDisk {
  static let isPossible: Bool = {
    #if os(Linux)
      guard getuid() == 0, let folder = try? ScratchFolder(), let disk = try? SmallDisk(in: folder, "try", megabytes: 1)
      else { return false }
      return disk.isMounted
    #else
      return false
    #endif
  }()

  private let path: String
  /// Kept, so that it is removed after the disk is gone.
  private let folder: ScratchFolder
  private var isMounted = false

  init(in folder: ScratchFolder, _ name: String, megabytes: Int) throws {
    self.folder = folder
    path = folder[name]
    try folder.makeFolder(name)
    #if os(Linux)
      guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
        throw CambiumProcess.Failure(description: "cannot mount at \(path): errno \(errno)")
      }
      isMounted = true
    #endif
  }

  func grow(to megabytes: Int) throws {
    #if os(Linux)
      guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(megabytes)m") == 0 else {
        throw CambiumProcess.Failure(description: "cannot grow \(path): errno \(errno)")
      }
    #endif
  }

  deinit {
    #if os(Linux)
      if isMounted { umount2(path, 2) }
    #endif
  }
}
