import SystemPackage

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
package func linkStatus(_ path: FilePath) throws(StorageError) -> stat? {
  var status = stat()
  if uninterrupted({ lstat(path, &status) }) == 0 { return status }
  let code = errno
  if code == ENOENT || code == ENOTDIR { return nil }
  throw .looking("look at the file", path, errno: code)
}

/// What `stat` says about what a path leads to, or nil when nothing can be there.
func targetStatus(_ path: FilePath) throws(FileError) -> stat? {
  var status = stat()
  if uninterrupted({ stat(path, &status) }) == 0 { return status }
  switch errno {
  case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: return nil
  case let code: throw .reading(path, code)
  }
}

extension stat {
  /// The type bits, to compare with `S_IFREG`, `S_IFDIR`, `S_IFLNK`.
  package var type: mode_t { st_mode & S_IFMT }

  /// Whether it is a regular file.
  package var isRegularFile: Bool { type == S_IFREG }

  /// Whether it is a folder.
  package var isFolder: Bool { type == S_IFDIR }

  /// Whether it is a symbolic link.
  package var isLink: Bool { type == S_IFLNK }

  /// A device that takes characters, or a pipe.
  package var isStream: Bool { type == S_IFCHR || type == S_IFIFO }
}
