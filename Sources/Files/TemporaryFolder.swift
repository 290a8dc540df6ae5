import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder of this process alone, in the system's place for such, which goes with the object.
package final class TemporaryFolder: Sendable {
  /// The folder.
  package let path: FilePath

  /// - Parameter environment: The environment, whose `TMPDIR` names the place.
  package init(_ environment: [String: String]) throws(StorageError) {
    let place = FilePath(untrusted: environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp")
    // A name that nobody can foresee, made and owned at once: nobody else can put anything there.
    var name = place.appending("cambium-XXXXXX").withPlatformString { text in
      Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
    }
    guard let made = mkdtemp(&name) else { throw .system("make a temporary folder", place, errno: errno) }
    path = FilePath(platformString: made)
  }

  deinit { try? Folder.removeTree(path) }
}
