import Digests
import Files
import SystemPackage

extension InputFile {
  /// A file of the hub's cache is a link to a blob, and of what is no text the blob's name is the SHA-256 of its content:
  /// whoever has read it whole can hold it against that. Of a shard only the digest of its leaves is known.
  /// - Throws: ``ConversionError/blobDigest(path:expected:found:)``.
  static func requireBlobName(_ path: FilePath, _ digest: SHA256Digest) throws(ConversionError) {
    let blob = Folder.linkTarget(path)
    let name = blob.name
    guard blob.folder.name == "blobs", name.utf8.count == 64,
      name.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }), name != digest.hex
    else { return }
    throw .blobDigest(path: path, expected: name, found: digest.hex)
  }
}
