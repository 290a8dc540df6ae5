import Digests

extension WorkspaceError {
  /// Runs what reads files, and reports its failures as a `WorkspaceError`.
  static func reading<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(WorkspaceError) -> Result {
    do throws(FileError) { return try body() } catch { throw .unreadable(error.diagnostic) }
  }
}

/// Digest of a file that stays the same while it is read.
func digestStableFile(_ path: String) throws(WorkspaceError) -> (digest: SHA256Digest, identity: FileIdentity) {
  let file = try WorkspaceError.reading { () throws(FileError) in try ReadOnlyFile(path: path) }
  let found = try WorkspaceError.reading { () throws(FileError) in try file.digest() }
  let after = try WorkspaceError.reading { () throws(FileError) in try file.currentIdentity() }
  guard after == file.identity, found.bytes == file.size else { throw .fileChanged(path: path) }
  return (found.digest, after)
}

/// What the system says about a file now.
func currentIdentity(ofFileAt path: String) throws(WorkspaceError) -> FileIdentity {
  try WorkspaceError.reading { () throws(FileError) in try ReadOnlyFile(path: path).identity }
}

/// The content of a file that is expected to be small, or nil when there is none. A link is refused.
func readSmallFile(_ path: String, limit: Int) throws(WorkspaceError) -> [UInt8]? {
  do throws(FileError) {
    return try ReadOnlyFile(path: path, followLinks: false).readAll(limit: limit)
  } catch {
    if case .missing = error { return nil }
    throw .unreadable(error.diagnostic)
  }
}
