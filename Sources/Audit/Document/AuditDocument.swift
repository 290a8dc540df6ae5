import Diagnostics
import Files
import Manifests
import Planning
import Readers
import StrictJSON
import SystemPackage

/// `audit.json`, read back: every field as ``AuditReport`` writes it, and no other. Format: see the page *Audit report*.
public struct AuditDocument: Sendable {
  /// A source tensor that was left out.
  public struct Dropped: Sendable {
    public let name: String
    public let rule: String
    public let reason: String
    public let bytes: Int
  }

  /// What was foretold of a reader.
  public struct ForetoldReader: Sendable {
    public let name: String
    public let verdict: String
    /// Whether the manifest requires it.
    public let isRequired: Bool
  }

  public let tool: String
  public let pipeline: String
  public let manifestSHA256: String
  public let pipelineSHA256: String
  public let planSHA256: String
  public let inputs: [LockFile.File]
  /// Nil for a package without one.
  public let head: Head?
  /// Nil for a package without one.
  public let drafter: Drafter?
  /// Nil for a package without one.
  public let budget: Budget?
  public let readers: [ForetoldReader]
  public let notes: [String]
  public let tensors: [Tensor]
  public let dropped: [Dropped]

  /// The audit of a package.
  /// - Throws: as ``init(path:)``; `ConversionError.packageForm(file:expected:found:)` of a folder without one.
  public init(package: FilePath) throws {
    let path = package.appending("audit.json")
    guard try package.isFolder || !package.exists else {
      throw ConversionError.packageForm(file: package.string, expected: "a package's folder", found: "a file")
    }
    if try package.isFolder, try linkStatus(path) == nil {
      throw ConversionError.packageForm(file: package.string, expected: "a folder with audit.json", found: "none in it")
    }
    try self.init(path: path)
  }

  /// - Throws: `JSONError`, `FileError` or `ConversionError.auditForm(file:expected:found:)`.
  public init(path: FilePath) throws {
    try self.init(
      JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path.string), file: path.string)
  }

  /// - Throws: `ConversionError.auditForm(file:expected:found:)`, which names the field.
  package init(_ json: JSONValue, file path: String) throws {
    try self.init(json, tensors: [], file: path)
  }

  /// For a document without tensors, and for tensors that were read one by one.
  /// - Throws: as ``init(_:file:)``.
  init(_ frame: JSONValue, tensors: [Tensor], file path: String) throws {
    self = try AuditDocument.refused {
      () throws(JSONError) in try AuditDocument(JSONFields(frame, file: path, what: "the audit"), tensors: tensors)
    }
  }

  /// One tensor of a document, which does not keep the JSON that it is read from.
  /// - Throws: as ``init(_:file:)``.
  static func tensor(_ json: JSONValue, file path: String) throws -> Tensor {
    try refused { () throws(JSONError) in
      try Tensor(JSONFields(json, file: path, what: "a tensor of the audit"), keepsJSON: false)
    }
  }

  /// Returns what reading returns; an error of the form becomes one of the audit's.
  private static func refused<Value>(_ read: () throws(JSONError) -> Value) throws -> Value {
    do {
      return try read()
    } catch {
      let words = error.words
      throw ConversionError.auditForm(file: error.place.description, expected: words.expected, found: words.found)
    }
  }

  private init(_ fields: JSONFields, tensors others: [Tensor] = []) throws(JSONError) {
    try fields.require("cambium_audit", 1)
    try fields.refuseUnknown([
      "cambium_audit", "tool", "manifest_sha256", "pipeline", "pipeline_sha256", "plan_sha256", "inputs", "head",
      "drafter", "budget", "readers", "notes", "tensors", "dropped",
    ])
    tool = try fields.string("tool")
    pipeline = try fields.string("pipeline")
    manifestSHA256 = try fields.sha256("manifest_sha256").hex
    pipelineSHA256 = try fields.sha256("pipeline_sha256").hex
    planSHA256 = try fields.sha256("plan_sha256").hex
    inputs = try fields.objects("inputs").map { row throws(JSONError) in try LockFile.File(row) }
    head = try Head.read(fields.object("head"))
    drafter = fields["drafter"] == nil ? nil : try Drafter(fields.object("drafter"))
    budget = fields["budget"] == nil ? nil : try Budget(fields.object("budget"))
    readers = try fields.objects("readers").map { row throws(JSONError) in try ForetoldReader(row) }
    notes = try fields.strings("notes")
    tensors = try fields.objects("tensors").map { row throws(JSONError) in try Tensor(row) } + others
    dropped = try fields.objects("dropped").map { row throws(JSONError) in try Dropped(row) }
    // Reports add these up.
    let sizes = [
      tensors.map(\.sourceBytes), tensors.map(\.writtenBytes), tensors.map(\.elements), dropped.map(\.bytes),
    ]
    guard sizes.allSatisfy({ CheckedSum($0).value != nil }) else {
      throw .value(
        fields.place(of: "tensors"), key: "tensors", expected: "sizes of tensors that exist",
        found: "more bytes than can be counted")
    }
  }
}

extension AuditDocument.Dropped {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["name", "origin", "rule", "reason", "bytes"])
    name = try fields.string("name")
    rule = try fields.string("rule")
    reason = try fields.string("reason")
    bytes = try fields.int("bytes", in: 0...Int.max)
    _ = try fields.word("origin", TensorOrigin.self)
  }
}

extension AuditDocument.ForetoldReader {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["reader", "verdict", "reason", "required"])
    name = try fields.string("reader")
    verdict = try fields.word("verdict", ReaderVerdict.Word.self).rawValue
    _ = try fields.string("reason")
    isRequired = try fields.optionalBool("required") ?? false
  }
}
