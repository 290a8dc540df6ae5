import CKernels
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

  /// Refuses a place for something new that this user cannot write to, or whose name the file system does not take: the
  /// last folder above it that is there is asked, and nothing is made.
  /// - Throws: ``StorageError``.
  public static func requireWritable(above path: FilePath) throws(StorageError) {
    let place = path.absolute
    var folder = place.folder
    while !leads(folder), folder.lastComponent != nil { folder = folder.folder }
    guard try isFolder(folder) else { throw .system("create the folder", folder, errno: ENOTDIR) }
    guard uninterrupted({ folder.withPlatformString { access($0, W_OK | X_OK) } }) == 0 else {
      throw .system("make a folder in this one", folder, errno: errno)
    }
    // No limit where the system names none.
    let longest = folder.withPlatformString { pathconf($0, Int32(_PC_NAME_MAX)) }
    for name in place.components.dropFirst(folder.components.count)
    where longest > 0 && FilePath(root: nil, [name]).bytes.count > longest {
      throw .system("make anything of this name", place, errno: ENAMETOOLONG)
    }
    // The path may be too long as a whole, or lead through a folder that this user must not search.
    _ = try linkStatus(place)
    // Folders that are the kernel's own say yes to the superuser, and take nothing.
    guard folder.withPlatformString(cambium_is_kernels_own) == 0 else {
      throw .system("make a folder in this one", folder, errno: EPERM)
    }
  }
}
