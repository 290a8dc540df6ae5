import SystemPackage
#if os(Linux)
  import Files
  import Foundation
  import Glibc
  import TestSupport
  import Testing
  import Threads

  /// The scenarios of this target.
  let child = ChildProcess(suite: "FileScenarios")

  @Suite(.enabled(if: child.order != nil)) struct FileScenarios {
    /// Exits with 0 when the scenario goes as it should.
    @Test func `a scenario is played in a child process`() throws {
      let order = try #require(child.order)
      _exit(try perform(order.scenario, in: order.folder) ? 0 : 1)
    }

    func perform(_ scenario: String, in folder: String) throws -> Bool {
      switch scenario {
      case "atomic":
        try AtomicFile.write(Array("new content".utf8), to: FilePath(folder + "/a"))
        return true
      case "careless":
        // A name that is durable before its content is.
        let file = try PosixFile.createExclusive(FilePath(folder + "/.a"))
        try file.write(Array("content".utf8), at: 0)
        try Folder.renameNoReplace(FilePath(folder + "/.a"), FilePath(folder + "/a"))
        try AtomicFile.write(Array("b".utf8), to: FilePath(folder + "/b"))
        return true
      case "publish":
        try Folder.renameNoReplace(FilePath(folder + "/partial"), FilePath(folder + "/final"))
        return true
      case "remove":
        try Folder.removeTree(FilePath(folder + "/tree"))
        return true
      case "overwrite-remove":
        let file = try PosixFile.openForWriting(FilePath(folder + "/a"))
        try file.write(Array("DURABLE".utf8), at: 0)
        try Folder.removeTree(FilePath(folder + "/a"))
        return true
      case "size-limit": return try meetsSizeLimit(in: folder)
      default: return false
      }
    }

    private func meetsSizeLimit(in folder: String) throws -> Bool {
      StopSignal.shared.install()
      // Threads of the pool that run tests block all signals; a thread of the tool need not.
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, SIGXFSZ)
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      guard setrlimit(__rlimit_resource_t(1), &limit) == 0 else { return false }
      let path = folder + "/a"
      do throws(StorageError) {
        try AtomicFile.write([UInt8](repeating: 7, count: 5000), to: FilePath(path))
        return false
      } catch {
        return error.diagnostic.code == "E_FILE_TOO_LARGE"
      }
    }
  }

  /// The old file or the new one, and nothing else once leftovers are gone.
  func expectOldOrNew(_ scratch: ScratchFolder) throws {
    #expect(["old", "new content"].contains(try scratch.content("a")))
    try AtomicFile.removeLeftovers(in: scratch.folder)
    #expect(try scratch.names() == ["a"])
  }
#endif
