import Digests
import StrictJSON

extension LockFile {
  /// What the digest of an input is one of.
  public enum Digest: String, Sendable, CaseIterable {
    /// The file's bytes.
    case content = "sha256"
    /// A shard: its header and the leaves of all of its tensors.
    case tree = "tree_sha256"
    /// A shard of which some tensors were read: its header and the leaves of these.
    case part = "part_tree_sha256"

    /// The name in a statement of provenance.
    package var statementKey: String {
      switch self {
      case .content: "sha256"
      case .tree: "cambiumTreeSha256"
      case .part: "cambiumPartTreeSha256"
      }
    }
  }

  /// What was read of a model that stays on the hub.
  public struct Remote: Sendable, Equatable {
    /// A file of which something was read.
    public struct File: Sendable, Equatable {
      /// Beneath the repository.
      public let path: String
      /// Bytes of the whole file.
      public let bytes: Int
      /// The digest of the whole file as the hub states it, 64 hexadecimal digits; nil when it states none.
      public let stated: String?
      /// SHA-256 of everything before its data.
      public let header: String

      /// A shard by what its store states of it, and by the header that was read.
      public init(path: String, bytes: Int, stated: String?, header: String) {
        self.path = path
        self.bytes = bytes
        self.stated = stated
        self.header = header
      }
    }

    /// A tensor that was read and kept.
    public struct Tensor: Sendable, Equatable {
      /// The name as the file spells it.
      public let name: String
      /// The file.
      public let file: String
      /// Where it begins in the file.
      public let offset: Int
      /// Its size.
      public let bytes: Int
      /// SHA-256 of the bytes as they were served.
      public let sha256: String

      /// A tensor by the place that it was read from.
      public init(name: String, file: String, offset: Int, bytes: Int, sha256: String) {
        self.name = name
        self.file = file
        self.offset = offset
        self.bytes = bytes
        self.sha256 = sha256
      }
    }

    /// `source` or `donor`.
    public let use: String
    /// `organisation/name`.
    public let repository: String
    /// 40 hexadecimal digits.
    public let commit: String
    /// The files in byte order of their paths.
    public let files: [File]
    /// The tensors of a head, in the order of the files and of their data; none for a trunk, whose shards' digests are among
    /// the lock's files.
    public let tensors: [Tensor]

    /// What was read of one model; of a trunk no tensors are listed.
    public init(use: String, repository: String, commit: String, files: [File], tensors: [Tensor]) {
      self.use = use
      self.repository = repository
      self.commit = commit
      self.files = files
      self.tensors = tensors
    }
  }
}

extension LockFile.Remote {
  /// What is written.
  var json: JSONValue {
    .object([
      ("use", .string(use)), ("repository", .string(repository)), ("commit", .string(commit)),
      (
        "files",
        .array(
          files.map {
            .object([
              ("path", .string($0.path)), ("bytes", .int($0.bytes)),
              ("stated_sha256", $0.stated.map { .string($0) } ?? .null), ("header_sha256", .string($0.header)),
            ])
          })
      ),
      (
        "tensors",
        .array(
          tensors.map {
            .object([
              ("name", .string($0.name)), ("file", .string($0.file)), ("offset", .int($0.offset)),
              ("bytes", .int($0.bytes)), ("sha256", .string($0.sha256)),
            ])
          })
      ),
    ])
  }

  /// Reads ``json`` back.
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["use", "repository", "commit", "files", "tensors"])
    self.init(
      use: try fields.string("use"), repository: try fields.string("repository"),
      commit: try fields.string("commit"),
      files: try fields.objects("files").map { row throws(JSONError) in
        try row.refuseUnknown(["path", "bytes", "stated_sha256", "header_sha256"])
        return File(
          path: try row.string("path"), bytes: try row.int("bytes", in: 0...Int.max),
          stated: try row.unlessNull("stated_sha256") { key throws(JSONError) in try row.sha256(key).hex },
          header: try row.sha256("header_sha256").hex)
      },
      tensors: try fields.objects("tensors").map { row throws(JSONError) in
        try row.refuseUnknown(["name", "file", "offset", "bytes", "sha256"])
        return Tensor(
          name: try row.string("name"), file: try row.string("file"), offset: try row.int("offset", in: 0...Int.max),
          bytes: try row.int("bytes", in: 0...Int.max), sha256: try row.sha256("sha256").hex)
      })
  }

  /// How what was read now differs from this record, in words; nothing for another model or commit, which may differ.
  func differences(to now: LockFile.Remote) -> [String] {
    guard (use, repository, commit) == (now.use, now.repository, now.commit) else { return [] }
    let found = Dictionary(now.files.map { (UTF8Name($0.path), $0) }) { first, _ in first }
    var out: [String] = []
    for file in files {
      guard let other = found[UTF8Name(file.path)] else { continue }
      for (what, was, found) in [
        ("size", "\(file.bytes)", "\(other.bytes)"), ("header sha256", file.header, other.header),
        ("stated sha256", file.stated ?? "none", other.stated ?? "none"),
      ] where was != found { out.append("\(use)/\(file.path): \(what) is \(found), the lock has \(was)") }
    }
    let read = Dictionary(now.tensors.map { (Key($0), $0) }) { first, _ in first }
    for tensor in tensors {
      guard let other = read[Key(tensor)], other.sha256 != tensor.sha256 else { continue }
      out.append("\(use)/\(tensor.file): \(tensor.name): sha256 is \(other.sha256), the lock has \(tensor.sha256)")
    }
    return out
  }

  /// Where a tensor is.
  private struct Key: Hashable {
    let file: UTF8Name
    let offset: Int
    let bytes: Int

    init(_ tensor: Tensor) {
      file = UTF8Name(tensor.file)
      offset = tensor.offset
      bytes = tensor.bytes
    }
  }
}

extension LockFile {
  /// How what the hub serves differs from what this lock pins of the same commit, in words: a commit never changes, so that
  /// nothing of it is ever accepted.
  package func remoteDifferences(to now: LockFile) -> [String] {
    var out = remote.flatMap { was in now.remote.flatMap { was.differences(to: $0) } }
    // A trunk is read whole: its shards are pinned as those of a folder.
    for other in now.remote where remote.contains(where: { ($0.use, $0.commit) == (other.use, other.commit) }) {
      for file in other.files {
        let path = "\(other.use)/\(file.path)"
        guard let was = files.first(where: { $0.path == path }),
          let found = now.files.first(where: { $0.path == path }),
          was.digest == found.digest, was.sha256 != found.sha256
        else { continue }
        out.append("\(path): \(was.digest.rawValue) is \(found.sha256), the lock has \(was.sha256)")
      }
    }
    return out
  }
}
