#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Repeats a system call that a signal interrupted. Not for `fsync` and `close`: their state after a failure is
/// unknown, and a second call may report a success that is none.
@inline(__always)
package func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// What `lstat` says about a name, or nil when there is nothing.
package func linkStatus(_ path: String) throws(StorageError) -> stat? {
  var status = stat()
  if uninterrupted({ lstat(path, &status) }) == 0 { return status }
  let code = errno
  if code == ENOENT || code == ENOTDIR { return nil }
  throw .system("look at the file", path, errno: code)
}

extension stat {
  /// The type bits, to compare with `S_IFREG`, `S_IFDIR`, `S_IFLNK`.
  package var type: mode_t { st_mode & S_IFMT }

  package var isRegularFile: Bool { type == S_IFREG }

  /// A device that takes characters, or a pipe.
  package var isStream: Bool { type == S_IFCHR || type == S_IFIFO }
}

/// A path as a folder and the last name in it; trailing slashes do not count.
package func splitPath(_ path: String) -> (folder: String, name: String) {
  var bytes = Array(path.utf8)
  while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
  guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
    return (".", String(decoding: bytes, as: UTF8.self))
  }
  let folder = slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
  return (folder, String(decoding: bytes[(slash + 1)...], as: UTF8.self))
}

/// A name in a folder.
package func joinPath(_ folder: String, _ name: String) -> String {
  folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
}
