import Foundation
import SystemPackage
import Threads

#if canImport(Glibc)
  import Glibc
#endif

/// A folder of one test.
package final class ScratchFolder: Sendable {
  package let path: String
  /// Whether the folder goes with the object, or only with the process.
  private let goesWithObject: Bool

  /// - Parameters:
  ///   - base: The folder above; nil for a place in memory, where the system has one.
  ///   - goesWithObject: Whether the end of the object removes the folder. Otherwise it goes when the process ends, for
  ///     tests whose object may end before the last call that was given its path.
  package init(beneath base: String? = nil, goesWithObject: Bool = true) throws {
    path = (base ?? ScratchFolder.memory) + "/cambium-test-\(UUID().uuidString)"
    self.goesWithObject = goesWithObject
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    _ = ScratchFolder.removesTheRest
    let own = path
    ScratchFolder.live.withLock { _ = $0.insert(own) }
  }

  /// A folder on the disk that is removed when the process ends.
  package static func lasting(beneath base: String = ScratchFolder.disk) throws -> ScratchFolder {
    try ScratchFolder(beneath: base, goesWithObject: false)
  }

  deinit {
    guard goesWithObject else { return }
    try? FileManager.default.removeItem(atPath: path)
    let own = path
    ScratchFolder.live.withLock { _ = $0.remove(own) }
  }

  private static let live = Guarded<Set<String>>([])

  /// What a static property holds is never released: it goes when the process ends.
  private static let removesTheRest: Void = {
    atexit { for path in ScratchFolder.live.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) } }
  }()

  /// The system's folder for temporary files, without links in its path.
  package static let disk = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path

  /// In memory where the system has such a place: hundreds of runs that sync would wait for the disk.
  private static let memory: String = {
    var status = statvfs()
    let shared = "/dev/shm"
    guard access(shared, W_OK) == 0, statvfs(shared, &status) == 0,
      UInt64(status.f_bavail) * UInt64(status.f_frsize) > 1 << 30
    else { return disk }
    return shared
  }()

  package subscript(_ name: String) -> String { path + "/" + name }

  /// The path of a name in the folder, for the code under test.
  package func at(_ name: String) -> FilePath { FilePath(self[name]) }

  /// The folder itself, for the code under test.
  package var folder: FilePath { FilePath(path) }
}

/// Runs `body` with the path of a new empty folder, which is removed afterwards.
package func withScratchFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = try ScratchFolder(beneath: ScratchFolder.disk)
  defer { withExtendedLifetime(folder) {} }
  return try body(folder.path)
}
