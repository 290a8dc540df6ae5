import Digests
import Files
import SystemPackage

/// Digest of a file that stays the same while it is read.
func digestStableFile(_ path: FilePath) throws -> (digest: SHA256Digest, identity: FileIdentity) {
  let file = try ReadOnlyFile(path: path)
  let found = try file.digest()
  let after = try file.currentIdentity()
  guard after == file.identity, found.bytes == file.size else { throw StorageError.fileChanged(path: path) }
  return (found.digest, after)
}

/// What the system says about a file now.
func currentIdentity(ofFileAt path: FilePath) throws -> FileIdentity { try ReadOnlyFile(path: path).identity }
