import Digests
import Files
import StrictJSON
import SystemPackage

/// What a run resolved: every input file by digest, the pipeline, the plan. Format: see the page *Lock*.
public struct LockFile: Sendable, Equatable {
  /// One input file.
  public struct File: Sendable, Equatable {
    /// `source/…` or `donor/…`.
    public let path: String
    /// Size in bytes.
    public let bytes: Int
    /// 64 hexadecimal digits.
    public let sha256: String
    /// What it is the digest of.
    public let digest: Digest
    /// Whether the digest is that of a shard's leaves, not of the file's bytes.
    public var isTree: Bool { digest != .content }

    /// An input by its digest; of a whole file, unless another kind is named.
    public init(path: String, bytes: Int, sha256: String, digest: Digest = .content) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
      self.digest = digest
    }

    /// `{"path", "bytes"}` and one of `sha256`, `tree_sha256` and `part_tree_sha256`.
    public var json: JSONValue {
      .object([
        ("path", .string(path)), ("bytes", .int(bytes)), (digest.rawValue, .string(sha256)),
      ])
    }

    /// Reads ``json`` back.
    public init(_ fields: JSONFields) throws(JSONError) {
      digest = [Digest.tree, .part].first { fields[$0.rawValue] != nil } ?? .content
      path = try fields.string("path")
      bytes = try fields.int("bytes", in: 0...Int.max)
      sha256 = try fields.sha256(digest.rawValue).hex
      try fields.refuseUnknown(["path", "bytes", digest.rawValue])
    }
  }

  /// Name and version of the program that wrote the file.
  public var tool: String
  /// SHA-256 of the manifest's bytes.
  public var manifest: String
  /// SHA-256 of the pipeline's bytes.
  public var pipeline: String
  /// SHA-256 of the plan's canonical form.
  public var plan: String
  /// Commit of a hub source or donor, by `source` or `donor`.
  public var commits: [String: String]
  /// The input files, in the order of their paths.
  public var files: [File]
  /// What was read of models that stay on the hub; none in most locks, and in those of earlier versions.
  public var remote: [Remote]

  /// Creates a lock; files are sorted by the bytes of their paths.
  public init(
    tool: String, manifest: String, pipeline: String, plan: String, commits: [String: String], files: [File],
    remote: [Remote] = []
  ) {
    self.remote = remote
    self.tool = tool
    self.manifest = manifest
    self.pipeline = pipeline
    self.plan = plan
    self.commits = commits
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The document that is written.
  public var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("cambium_lock", .int(1)), ("tool", .string(tool)), ("manifest_sha256", .string(manifest)),
      ("pipeline_sha256", .string(pipeline)), ("plan_sha256", .string(plan)),
      ("commits", .object(commits.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      (
        "files",
        .array(files.map(\.json))
      ),
    ]
    if !remote.isEmpty { members.append(("remote", .array(remote.map(\.json)))) }
    return .object(members)
  }

  /// Reads a lock file; nil when there is none.
  /// - Throws: `JSONError` or ``ManifestError/version(place:expected:found:)``.
  public static func read(path: FilePath) throws -> LockFile? {
    guard try path.exists else { return nil }
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 16 << 20)
    let value = try JSONValue.parse(bytes, file: path.string, maxValues: JSONValue.modestCount)
    let fields = try JSONFields(value, file: path.string, what: "lock file")
    try fields.refuseUnknown([
      "cambium_lock", "tool", "manifest_sha256", "pipeline_sha256", "plan_sha256", "commits", "files", "remote",
    ])
    try RuleParser(file: path.string).requireVersion(fields, "cambium_lock")
    let pinned = try fields.object("commits")
    try pinned.refuseUnknown(["source", "donor", "adapter", "drafter"])
    var commits: [String: String] = [:]
    for name in pinned.keys { commits[name] = try pinned.string(name) }
    return LockFile(
      tool: try fields.string("tool"), manifest: try fields.sha256("manifest_sha256").hex,
      pipeline: try fields.sha256("pipeline_sha256").hex, plan: try fields.sha256("plan_sha256").hex, commits: commits,
      files: try fields.objects("files").map { try File($0) },
      remote: fields["remote"] == nil ? [] : try fields.objects("remote").map { try Remote($0) })
  }

  /// Each way in which `other` differs, in words; empty when both are equal.
  public func differences(to other: LockFile) -> [String] {
    var out: [String] = []
    for (what, a, b) in [
      ("tool", tool, other.tool), ("manifest", manifest, other.manifest), ("pipeline", pipeline, other.pipeline),
      ("plan", plan, other.plan),
    ] where a != b {
      out.append("\(what) is \(b.prefix(16)), the lock has \(a.prefix(16))")
    }
    for name in Set(commits.keys).union(other.commits.keys).sorted() where commits[name] != other.commits[name] {
      out.append("\(name) commit is \(other.commits[name] ?? "none"), the lock has \(commits[name] ?? "none")")
    }
    let own = Dictionary(files.map { (UTF8Name($0.path), $0) }) { first, _ in first }
    let others = Dictionary(other.files.map { (UTF8Name($0.path), $0) }) { first, _ in first }
    for path in Set(own.keys).union(others.keys).sorted() {
      switch (own[path], others[path]) {
      case (let a?, let b?) where a != b: out.append("\(path) changed")
      case (_?, nil): out.append("\(path) is gone")
      case (nil, _?): out.append("\(path) is new")
      default: break
      }
    }
    // The files say that something changed; here it is said what. Without the records of either side nothing is missed.
    out += remoteDifferences(to: other).filter { !out.contains($0) }
    if out.isEmpty, remote != other.remote { out.append("what was read on the hub is recorded otherwise") }
    return out
  }
}
