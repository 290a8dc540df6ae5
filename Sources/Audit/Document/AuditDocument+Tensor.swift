import Checkpoint
import Diagnostics
import Measuring
import Planning
import Quantization
import StrictJSON

extension AuditDocument {
  /// A tensor's record.
  public struct Tensor: Sendable {
    public let name: String
    public let role: String
    public let origin: String
    public let verdict: String
    public let rule: String
    public let reason: String?
    /// `mxfp4 4/32`; nil for a tensor that is not quantized.
    public let format: String?
    /// The same, as its numbers.
    let quantization: QuantizationFormat?
    /// Named transforms on the way from source to package, in order.
    public let transforms: [String]
    public let sourceDType: String
    public let sourceShape: [Int]
    /// Elements of the source.
    public let elements: Int
    public let sourceBytes: Int
    public let sourceTreeSHA256: String
    public let written: [Part]
    public let writtenBytes: Int
    /// Nil for a tensor that is not quantized.
    public let error: TensorError?
    /// The tensor's own JSON; `null` of a document that was forecast.
    public let json: JSONValue

    /// Whether the bytes are those of one source tensor, in their order.
    public var isCopy: Bool { transforms.allSatisfy { $0 == "conv1d_to_mlx" } }

    /// The cosine between source and dequantized values; nil for a tensor that is not quantized.
    public var cosine: Double? { measure(\.cosine) }
    /// Root of the squared error over the root of the squared source; nil for a tensor that is not quantized.
    public var relativeRMS: Double? { measure(\.relativeRMS) }

    // Where this is inlined, the optimizer of Swift 6.3.1 fails with an internal error (CopyPropagation).
    @inline(never) private func measure(_ name: KeyPath<TensorError.Measures, Double>) -> Double? {
      error.map { $0.all[keyPath: name] }
    }
  }

  /// One tensor in a file of the package.
  public struct Part: Sendable {
    public let name: String
    public let file: String
    public let dtype: String
    public let shape: [Int]
    public let bytes: Int
    public let treeSHA256: String
  }

  private enum Verdict: String, CaseIterable {
    case quantized, kept, converted
  }
}

extension AuditDocument.Tensor {
  init(_ fields: JSONFields, keepsJSON: Bool = true) throws(JSONError) {
    json = keepsJSON ? fields.value : .null
    name = try fields.string("name")
    role = try fields.word("role", TensorRole.self).rawValue
    origin = try fields.word("origin", TensorOrigin.self).rawValue
    let verdict = try fields.word("verdict", AuditDocument.Verdict.self)
    self.verdict = verdict.rawValue
    rule = try fields.string("rule")
    reason = try fields.optionalString("reason")
    let format = verdict == .quantized ? try QuantizationFormat(recorded: fields.object("format")) : nil
    quantization = format
    self.format = format.map {
      "\($0.mode.rawValue) \($0.bits)/\($0.groupSize)" + ($0.scales == .mlx ? "" : " \($0.scales.rawValue)")
    }
    error = verdict == .quantized ? try TensorError(fields.object("error")) : nil
    transforms = try fields.strings("transforms")
    let isAdapted = transforms.contains { AuditDocument.adapterTransforms.contains($0) }
    if isAdapted || fields["adapter"] != nil { try AuditDocument.requireEvidence(fields.object("adapter")) }
    try fields.refuseUnknown(
      ["name", "role", "origin", "verdict", "rule", "reason", "transforms", "source", "written", "adapter"]
        + (format == nil ? [] : ["format", "error"]))

    let source = try fields.object("source")
    try source.refuseUnknown(["tensors", "dtype", "shape", "bytes", "tree_sha256"])
    _ = try source.strings("tensors")
    sourceDType = try source.string("dtype")
    sourceShape = try source.ints("shape", in: 0...Int.max)
    sourceBytes = try source.int("bytes", in: 0...Int.max)
    sourceTreeSHA256 = try source.sha256("tree_sha256").hex
    elements = try AuditDocument.counted("shape", in: source, AuditDocument.product(sourceShape))
    let count = format.map { $0.hasBiases ? 3 : 2 } ?? 1
    written = try fields.objects("written", count: count).map { part throws(JSONError) in try AuditDocument.Part(part) }
    writtenBytes = try AuditDocument.counted("written", in: fields, CheckedSum(written.map(\.bytes)).value)
  }
}

extension AuditDocument.Part {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["name", "file", "dtype", "shape", "bytes", "tree_sha256"])
    name = try fields.string("name")
    file = try fields.string("file")
    dtype = try fields.string("dtype")
    shape = try fields.ints("shape", in: 0...Int.max)
    bytes = try fields.int("bytes", in: 0...Int.max)
    treeSHA256 = try fields.sha256("tree_sha256").hex
  }
}

extension AuditDocument {
  /// What an adapter leaves among the transforms of a tensor that it changes.
  fileprivate static let adapterTransforms: Set<String> = ["replace_by_adapter", "merge_lora", "merge_dora"]

  /// Reads what an adapter changed; nothing but its form is asked for.
  fileprivate static func requireEvidence(_ fields: JSONFields) throws(JSONError) {
    let isProduct = ["rank", "scale", "rounding"].contains { fields[$0] != nil }
    if isProduct {
      _ = try fields.int("rank", in: 1...Int.max)
      _ = try fields.number("scale")
      _ = try fields.string("rounding")
    }
    for tensor in try fields.objects("tensors") {
      try tensor.refuseUnknown(["name", "sha256"])
      _ = try tensor.string("name")
      _ = try tensor.sha256("sha256")
    }
    for norm in ["delta_norm", "base_norm"] { _ = try fields.number(norm, in: 0...1e10) }
    _ = try fields.number("changed", in: 0...1)
    try fields.refuseUnknown(["rank", "scale", "rounding", "tensors", "delta_norm", "base_norm", "changed"])
  }

  fileprivate static func counted(_ key: String, in fields: JSONFields, _ count: Int?) throws(JSONError) -> Int {
    guard let count else {
      throw .value(fields.place(of: key), key: key, expected: "a size that exists", found: "more than can be counted")
    }
    return count
  }

  /// Nil beyond what an `Int` holds.
  fileprivate static func product(_ shape: [Int]) -> Int? {
    var product = 1
    for dimension in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }
}

extension QuantizationFormat {
  /// Reads back what a document of the package says of a format; one that MLX has not is none.
  init(recorded fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["mode", "bits", "group_size", "reference", "scale_rule", "scales"])
    let bits = try fields.int("bits")
    let groupSize = try fields.int("group_size")
    do {
      try self.init(
        mode: fields.word("mode"), bits: bits, groupSize: groupSize, reference: fields.word("reference"),
        scaleRule: fields.word("scale_rule"),
        scales: fields["scales"] == nil ? .mlx : fields.word("scales"))
    } catch let error as JSONError {
      throw error
    } catch {
      throw .value(
        fields.place(of: "bits"), key: "bits", expected: "a format that MLX has",
        found: "\(bits) bits, group size \(groupSize)")
    }
  }
}
