import Digests
import Files
import Threads
import SystemPackage

/// Digests of large files, kept beside what the system says about each, so that a second look at a terabyte takes
/// seconds.
///
/// The digest of a file is computed anew when its size, mtime, ctime, inode or device is not as it was: a program can
/// set mtime back, but not ctime. The cache belongs to one machine and is evidence for nothing else; verification
/// reads everything again (`alwaysRehash`). A cache file that is missing, or not what its own checksum says, is an empty
/// cache. Nothing that is published is taken from it: it decides what need not be done again.
public final class DigestCache: Sendable {
  /// The name of the cache in the work folder.
  public static let fileName = "digests.json"

  /// Whether every question is answered by reading the file.
  public let alwaysRehash: Bool
  let path: FilePath
  private let entries: Guarded<[PathKey: Entry]>

  /// What was digested of a file.
  public enum Kind: String, Sendable, CaseIterable {
    /// Its bytes: SHA-256.
    case content = "sha256"
    /// A shard by its leaves; see `TreeDigest`.
    case tree = "tree_sha256"
    /// Some of a shard's tensors by their leaves.
    case part = "part_tree_sha256"
    /// A weight file by the checksums of the units that were written into it.
    case units = "units_sha256"
  }

  /// What was found at a path.
  struct Entry: Sendable, Equatable {
    var identity: FileIdentity
    var digest: SHA256Digest
  }

  /// A path by its bytes.
  struct PathKey: Hashable, Comparable, Sendable {
    let bytes: [UInt8]
    let kind: Kind

    init(_ path: FilePath, _ kind: Kind = .content) {
      bytes = path.bytes
      self.kind = kind
    }

    static func < (a: Self, b: Self) -> Bool {
      a.bytes == b.bytes ? a.kind.rawValue < b.kind.rawValue : a.bytes.lexicographicallyPrecedes(b.bytes)
    }
  }

  /// The cache of a work folder.
  public init(folder: FilePath, alwaysRehash: Bool = false) {
    path = folder.appending(Self.fileName)
    self.alwaysRehash = alwaysRehash
    entries = Guarded(Self.load(path))
  }

  /// Digest and size of a file. Throws `E_FILE_CHANGED` when the file changes meanwhile.
  public func digest(
    ofFileAt path: FilePath
  ) throws -> (digest: SHA256Digest, bytes: Int) {
    let key = PathKey(path)
    if !alwaysRehash, let entry = entries.withLock({ $0[key] }), try currentIdentity(ofFileAt: path) == entry.identity {
      return (entry.digest, entry.identity.size)
    }
    // Outside the lock: other threads read other files meanwhile.
    let (digest, identity) = try digestStableFile(path)
    entries.withLock { $0[key] = Entry(identity: identity, digest: digest) }
    return (digest, identity.size)
  }

  /// The digest of another kind, computed by `compute` unless it is known for the file as it is now.
  public func digest(
    _ kind: Kind, ofFileAt path: FilePath, compute: () throws -> SHA256Digest
  ) throws -> SHA256Digest {
    if let known = try known(kind, ofFileAt: path) { return known }
    let before = try currentIdentity(ofFileAt: path)
    let digest = try compute()
    guard try currentIdentity(ofFileAt: path) == before else { throw StorageError.fileChanged(path: path) }
    entries.withLock { $0[PathKey(path, kind)] = Entry(identity: before, digest: digest) }
    return digest
  }

  /// The digest of a file that has not changed since it was digested; nil when nothing is known of it.
  public func known(_ kind: Kind, ofFileAt path: FilePath) throws -> SHA256Digest? {
    guard !alwaysRehash, let entry = entries.withLock({ $0[PathKey(path, kind)] }),
      try currentIdentity(ofFileAt: path) == entry.identity
    else { return nil }
    return entry.digest
  }

  /// Takes note of a digest computed while the file was written or read. Only after the last write and the final
  /// rename.
  /// - Parameters:
  ///   - digest: the digest.
  ///   - kind: of what the digest is: of the content as a stream, or of its tree.
  ///   - path: the file.
  ///   - identity: the file as it was digested; nil: as it is now.
  public func remember(
    _ digest: SHA256Digest, _ kind: Kind = .content, ofFileAt path: FilePath, identity: FileIdentity? = nil
  ) throws {
    let now = try currentIdentity(ofFileAt: path)
    entries.withLock { $0[PathKey(path, kind)] = Entry(identity: identity ?? now, digest: digest) }
  }

  /// Takes what is known of a file for one that a name was given to or taken from, which changes nothing but what the
  /// system says of its inode. Unless size and time say that the content was changed since.
  public func carryOver(from known: FilePath, to path: FilePath) throws {
    let now = try currentIdentity(ofFileAt: path)
    entries.withLock { entries in
      for kind in Kind.allCases {
        guard let entry = entries[PathKey(known, kind)], entry.identity.hasContent(of: now) else { continue }
        entries[PathKey(path, kind)] = Entry(identity: now, digest: entry.digest)
      }
    }
  }

  /// The digest of something that is not on this machine, under a separate name, as long as its identity is the same;
  /// nil when nothing is known of it.
  public func known(_ kind: Kind, of name: FilePath, identity: FileIdentity) -> SHA256Digest? {
    guard !alwaysRehash, let entry = entries.withLock({ $0[PathKey(name, kind)] }), entry.identity == identity else {
      return nil
    }
    return entry.digest
  }

  /// The same as ``known(_:of:identity:)``, computed by `compute` unless it is known.
  public func digest(
    _ kind: Kind, of name: FilePath, identity: FileIdentity, compute: () throws -> SHA256Digest
  ) throws -> SHA256Digest {
    if let known = known(kind, of: name, identity: identity) { return known }
    let digest = try compute()
    remember(digest, kind, of: name, identity: identity)
    return digest
  }

  /// Takes note of a digest of something that is not on this machine.
  public func remember(_ digest: SHA256Digest, _ kind: Kind, of name: FilePath, identity: FileIdentity) {
    entries.withLock { $0[PathKey(name, kind)] = Entry(identity: identity, digest: digest) }
  }

  /// Drops what is known about a path.
  public func forget(_ path: FilePath) {
    entries.withLock { entries in
      for kind in Kind.allCases { entries[PathKey(path, kind)] = nil }
    }
  }

  /// Writes the cache file.
  public func save() throws {
    try AtomicFile.write(Self.encode(entries.withLock { $0 }), to: path)
  }
}
