import Files
import Measuring
import Planning
import StrictJSON
import SystemPackage

/// `audit.json`, read back.
public struct AuditDocument: Sendable {
  /// An array of the package that a tensor became.
  public struct Part: Sendable {
    /// Its name in the package.
    public let name: String
    /// The weight file that holds it.
    public let file: String
    /// The type of its elements, as safetensors spells it.
    public let dtype: String
    /// Its dimensions.
    public let shape: [Int]
    /// Its size.
    public let bytes: Int
    /// Its tree digest, 64 hexadecimal digits.
    public let treeSHA256: String
  }

  /// What became of one tensor.
  public struct Tensor: Sendable {
    /// Its name in the package.
    public let name: String
    /// What it is, such as `attention`.
    public let role: String
    /// `trunk` or `head`.
    public let origin: String
    /// `quantized`, `kept`, `converted` or `dropped`.
    public let verdict: String
    /// The rule that decided.
    public let rule: String
    /// Why the verdict is not what the rule asks for, or what the rule's author says.
    public let reason: String?
    /// `mxfp4 4/32`; nil for a tensor that is not quantized.
    public let format: String?
    /// Its dimensions in the source.
    public let sourceShape: [Int]
    /// Of the source.
    public let elements: Int
    /// Its size in the source.
    public let sourceBytes: Int
    /// The tree digest of the source's bytes, 64 hexadecimal digits.
    public let sourceTreeSHA256: String
    /// What was written of it.
    public let written: [Part]
    /// Bytes of all that was written of it.
    public let writtenBytes: Int
    /// Nil for a tensor that is not quantized.
    public let error: TensorError?
    /// The tensor's own JSON.
    public let json: JSONValue

    /// Whether the bytes are those of one source tensor, in their order.
    public var isCopy: Bool {
      (json["transforms"]?.arrayValue ?? []).allSatisfy { $0.stringValue == "conv1d_to_mlx" }
    }

    /// The cosine with the source; nil for a tensor that is not quantized.
    public var cosine: Double? { error?.all.cosine }
    /// The relative root-mean-square error; nil for a tensor that is not quantized.
    public var relativeRMS: Double? { error?.all.relativeRMS }

  }

  /// The tensors in the order of the report.
  public let tensors: [Tensor]
  /// The whole report.
  public let json: JSONValue

  /// - Throws: `JSONError`, `FileError` or `ConversionError.auditForm(file:expected:found:)`.
  public init(path: FilePath) throws {
    try self.init(
      JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path.string), file: path.string)
  }

  /// - Throws: `ConversionError.auditForm(file:expected:found:)`.
  package init(_ json: JSONValue, file path: String) throws {
    self.json = json
    guard json["cambium_audit"]?.intValue == 1 else {
      throw ConversionError.auditForm(
        file: path, expected: "\"cambium_audit\": 1",
        found: json["cambium_audit"] == nil ? "nothing" : "another version")
    }
    tensors = try (json["tensors"]?.arrayValue ?? []).map { value in
      guard let tensor = Tensor(value) else {
        throw ConversionError.auditForm(
          file: path, expected: "a tensor's record", found: "\(value["name"]?.stringValue ?? "one without a name")")
      }
      return tensor
    }
    // Reports add these up.
    var sums = (before: 0, after: 0, elements: 0)
    for tensor in tensors {
      guard let before = sums.before.adding(tensor.sourceBytes), let after = sums.after.adding(tensor.writtenBytes),
        let elements = sums.elements.adding(tensor.elements)
      else {
        throw ConversionError.auditForm(
          file: path, expected: "sizes of tensors that exist", found: "more bytes than can be counted")
      }
      sums = (before, after, elements)
    }
  }
}

extension Int {
  /// The sum; nil below zero and beyond what an `Int` holds.
  fileprivate func adding(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow || sum < 0 || other < 0 ? nil : sum
  }
}

extension AuditDocument.Tensor {
  init?(_ value: JSONValue) {
    guard let name = value["name"]?.stringValue, let role = value["role"]?.stringValue,
      let origin = value["origin"]?.stringValue, let verdict = value["verdict"]?.stringValue,
      let rule = value["rule"]?.stringValue, let source = value["source"], let bytes = source["bytes"]?.intValue,
      let digest = source["tree_sha256"]?.stringValue, let written = value["written"]?.arrayValue
    else { return nil }
    let parts = written.compactMap(AuditDocument.Part.init)
    guard parts.count == written.count, !parts.isEmpty else { return nil }
    guard let shape = AuditDocument.shape(source["shape"]?.arrayValue ?? []) else { return nil }
    var elements = 1
    for dimension in shape {
      let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      elements = product
    }
    var total = 0
    for part in parts {
      guard let sum = total.adding(part.bytes) else { return nil }
      total = sum
    }
    guard bytes >= 0 else { return nil }
    let format = value["format"].map {
      "\($0["mode"]?.stringValue ?? "") \($0["bits"]?.intValue ?? 0)/\($0["group_size"]?.intValue ?? 0)"
    }
    self.init(
      name: name, role: role, origin: origin, verdict: verdict, rule: rule, reason: value["reason"]?.stringValue,
      format: format, sourceShape: shape, elements: elements, sourceBytes: bytes,
      sourceTreeSHA256: digest, written: parts, writtenBytes: total, error: value["error"].flatMap(TensorError.init),
      json: value)
  }
}

extension AuditDocument {
  /// Dimensions; nil when one is none.
  fileprivate static func shape(_ values: [JSONValue]?) -> [Int]? {
    let shape = values?.compactMap(\.intValue).filter { $0 >= 0 }
    return shape?.count == values?.count ? shape : nil
  }
}

extension AuditDocument.Part {
  init?(_ value: JSONValue) {
    guard let name = value["name"]?.stringValue, let file = value["file"]?.stringValue,
      let dtype = value["dtype"]?.stringValue, let bytes = value["bytes"]?.intValue,
      let digest = value["tree_sha256"]?.stringValue, let shape = AuditDocument.shape(value["shape"]?.arrayValue)
    else { return nil }
    self.init(
      name: name, file: file, dtype: dtype, shape: shape, bytes: bytes, treeSHA256: digest)
  }
}
