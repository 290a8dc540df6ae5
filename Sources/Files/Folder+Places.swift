import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where something new may be put.
extension Folder {
  /// Refuses a place inside a published package, which a file or a folder more makes invalid.
  /// - Throws: ``StorageError/resultPlace(path:found:)``.
  public static func requireOutsidePackages(_ path: FilePath) throws(StorageError) {
    var folder = path.absolute.folder.resolvingLinks
    while true {
      if isPackage(folder) { throw .resultPlace(path: path, found: "the inside of a package, \(folder)") }
      guard folder.lastComponent != nil else { return }
      folder = folder.folder
    }
  }

  /// Whether a folder looks like a package: with the list of its files, and a model or the statement about it.
  private static func isPackage(_ folder: FilePath) -> Bool {
    leads(folder.appending("SHA256SUMS"))
      && (leads(folder.appending("provenance.json")) || leads(folder.appending("config.json")))
  }

  /// Whether something is seen there. Where this user sees nothing, nothing is put either.
  private static func leads(_ path: FilePath) -> Bool { (try? path.exists) ?? false }

  /// Refuses a new folder's place that this user cannot write to: the last folder above it that is there is asked, and
  /// nothing is made.
  /// - Throws: ``StorageError``.
  public static func requireWritable(above path: FilePath) throws(StorageError) {
    var folder = path.absolute.folder
    while !leads(folder), folder.lastComponent != nil { folder = folder.folder }
    guard try isFolder(folder) else { throw .system("create the folder", folder, errno: ENOTDIR) }
    guard uninterrupted({ folder.withPlatformString { access($0, W_OK | X_OK) } }) == 0 else {
      throw .system("make a folder in this one", folder, errno: errno)
    }
  }
}
