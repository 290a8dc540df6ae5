import Digests
import Files
import Quantization
import StrictJSON
import SystemPackage

extension Sensitivity {
  private static let version = "cambium_sensitivity"
  private static let digestKey = "document_sha256"
  /// Most bytes of a file: a thousand tensors in twenty formats are below 2 MB.
  private static let limit = 64 << 20

  /// The document that is written. Its last member is the SHA-256 of the canonical form of all others.
  public var json: JSONValue {
    var value = JSONValue.object([
      (Self.version, .int(1)), ("tool", .string(tool)),
      ("model", .object([("name", .string(model)), ("fingerprint_sha256", .string(fingerprint.hex))])),
      (
        "text",
        .object([
          ("sha256", .string(text.digest.hex)), ("tokens", .int(text.tokens)), ("positions", .int(text.positions)),
          ("window", .int(text.window)),
        ])
      ),
      ("candidates", .array(candidates.map(\.json))),
      ("sets", .array(sets.map(Self.json))),
    ])
    value.set(Self.digestKey, to: .string(Self.digest(value).hex))
    return value
  }

  /// The digest of the document, which is also written in it.
  public var digest: SHA256Digest {
    var value = json
    value.removeKey(Self.digestKey)
    return Self.digest(value)
  }

  private static func digest(_ value: JSONValue) -> SHA256Digest { SHA256Digest.of(JSONWriter.canonical(value)) }

  private static func json(_ set: TensorSet) -> JSONValue {
    .object([
      ("tensors", .array(set.tensors.map { .string($0) })),
      (
        "costs",
        .array(
          set.costs.map { cost in
            guard let cost else { return .null }
            return .object([("kl", number(cost.kl)), ("top1", number(cost.topAgreement))])
          })
      ),
    ])
  }

  /// The shortest spelling that yields the same number again.
  private static func number(_ value: Double) -> JSONValue { JSONValue(.number("\(value)")) }

  /// Reads a file.
  /// - Throws: ``SensitivityError/missing(path:)``, ``SensitivityError/damaged(file:expected:found:)``, `JSONError`,
  ///   ``ManifestError/format(place:asked:expected:)``.
  public init(path: FilePath) throws {
    guard try path.exists else { throw SensitivityError.missing(path: path) }
    try self.init(ReadOnlyFile(path: path).readAll(limit: Self.limit), file: path.string)
  }

  /// The text of a document.
  /// - Throws: as ``init(path:)``, except for the file.
  public init(_ bytes: [UInt8], file: String) throws {
    var value = try JSONValue.parse(bytes, file: file, maxValues: JSONValue.modestCount)
    let fields = try JSONFields(value, file: file, what: "sensitivity file")
    try fields.refuseUnknown([
      Self.version, "tool", "model", "text", "candidates", "sets", Self.digestKey,
    ])
    let parser = RuleParser(file: file)
    try parser.requireVersion(fields, Self.version)
    try parser.refuseControls(value)
    let stated = try fields.sha256(Self.digestKey)
    value.removeKey(Self.digestKey)
    let own = Self.digest(value)
    guard own == stated else {
      throw SensitivityError.damaged(file: file, expected: stated.hex, found: own.hex)
    }
    let model = try fields.object("model")
    try model.refuseUnknown(["name", "fingerprint_sha256"])
    let candidates = try fields.array("candidates").map { try parser.choice($0).over(nil) }
    guard !candidates.isEmpty, Set(candidates).count == candidates.count else {
      throw ManifestError.value(
        place: parser.place(fields["candidates"] ?? value), field: "candidates", expected: "at least one, none twice",
        found: candidates.isEmpty ? "none" : "one twice")
    }
    let sets = try fields.objects("sets").map { try Self.set($0, candidates: candidates.count, parser) }
    var seen: Set<UTF8Name> = []
    for name in sets.flatMap(\.tensors) where !seen.insert(UTF8Name(name)).inserted {
      throw ManifestError.value(
        place: parser.place(fields["sets"] ?? value), field: "sets", expected: "every tensor once", found: name)
    }
    self.init(
      tool: try fields.string("tool"), model: try model.string("name"),
      fingerprint: try model.sha256("fingerprint_sha256"), text: try Text(fields.object("text")),
      candidates: candidates, sets: sets)
  }

  private static func set(_ fields: JSONFields, candidates: Int, _ parser: RuleParser) throws -> TensorSet {
    try fields.refuseUnknown(["tensors", "costs"])
    let tensors = try fields.strings("tensors")
    guard !tensors.isEmpty else {
      throw ManifestError.value(
        place: parser.place(fields.value), field: "tensors", expected: "at least one name", found: "none")
    }
    let costs = try fields.array("costs", count: candidates).map { value -> Cost? in
      if value.isNull { return nil }
      let cost = try JSONFields(value, file: fields.file, what: "cost")
      try cost.refuseUnknown(["kl", "top1"])
      // Whatever a measurement can write, whose logits are finite in f32; sums of it are finite, too.
      return Cost(
        kl: try cost.number("kl", in: 0...1e60), topAgreement: try cost.number("top1", in: 0...1))
    }
    return TensorSet(tensors: tensors, costs: costs)
  }
}

extension Sensitivity.Text {
  /// Reads the value of `text`.
  init(_ fields: JSONFields) throws {
    try fields.refuseUnknown(["sha256", "tokens", "positions", "window"])
    self.init(
      digest: try fields.sha256("sha256"), tokens: try fields.int("tokens", in: 2...Int.max),
      positions: try fields.int("positions", in: 1...Int.max), window: try fields.int("window", in: 2...Int.max))
  }
}
