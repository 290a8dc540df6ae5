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
    /// Whether the digest is that of a shard's leaves (`tree_sha256`), not of the file's bytes.
    public let isTree: Bool

    /// The members.
    public init(path: String, bytes: Int, sha256: String, isTree: Bool = false) {
      self.path = path
      self.bytes = bytes
      self.sha256 = sha256
      self.isTree = isTree
    }

    /// `{"path", "bytes", "sha256" or "tree_sha256"}`.
    public var json: JSONValue {
      .object([
        ("path", .string(path)), ("bytes", .int(bytes)), (digestKey, .string(sha256)),
      ])
    }

    /// Reads ``json`` back.
    public init(_ fields: JSONFields) throws(JSONError) {
      isTree = fields["tree_sha256"] != nil
      path = try fields.string("path")
      bytes = try fields.int("bytes", in: 0...Int.max)
      sha256 = try fields.sha256(isTree ? "tree_sha256" : "sha256").hex
      try fields.refuseUnknown(["path", "bytes", digestKey])
    }

    private var digestKey: String { isTree ? "tree_sha256" : "sha256" }
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

  /// The members; files are sorted by the bytes of their paths.
  public init(tool: String, manifest: String, pipeline: String, plan: String, commits: [String: String], files: [File])
  {
    self.tool = tool
    self.manifest = manifest
    self.pipeline = pipeline
    self.plan = plan
    self.commits = commits
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The document that is written.
  public var json: JSONValue {
    .object([
      ("cambium_lock", .int(1)), ("tool", .string(tool)), ("manifest_sha256", .string(manifest)),
      ("pipeline_sha256", .string(pipeline)), ("plan_sha256", .string(plan)),
      ("commits", .object(commits.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      (
        "files",
        .array(files.map(\.json))
      ),
    ])
  }

  /// Reads a lock file; nil when there is none.
  /// - Throws: `JSONError` or ``ManifestError/version(place:expected:found:)``.
  public static func read(path: FilePath) throws -> LockFile? {
    guard try path.exists else { return nil }
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 16 << 20)
    let value = try JSONValue.parse(bytes, file: path.string, maxValues: JSONValue.modestCount)
    let fields = try JSONFields(value, file: path.string, what: "lock file")
    try fields.refuseUnknown([
      "cambium_lock", "tool", "manifest_sha256", "pipeline_sha256", "plan_sha256", "commits", "files",
    ])
    try RuleParser(file: path.string).requireVersion(fields, "cambium_lock")
    let pinned = try fields.object("commits")
    try pinned.refuseUnknown(["source", "donor", "adapter", "drafter"])
    var commits: [String: String] = [:]
    for name in pinned.keys { commits[name] = try pinned.string(name) }
    return LockFile(
      tool: try fields.string("tool"), manifest: try fields.sha256("manifest_sha256").hex,
      pipeline: try fields.sha256("pipeline_sha256").hex, plan: try fields.sha256("plan_sha256").hex, commits: commits,
      files: try fields.objects("files").map { try File($0) })
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
    return out
  }
}
