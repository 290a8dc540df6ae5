import Checkpoint
import Quantization
import Safetensors

/// Where a tensor comes from.
public enum TensorOrigin: String, Sendable, CaseIterable {
  /// The model without its head.
  case trunk
  /// The MTP head.
  case head
}

/// What is done with a tensor, decided.
public enum Verdict: Sendable, Equatable {
  /// It stays bit for bit, except for the transforms of its architecture.
  case keep
  /// It is rounded to another type.
  case cast(FloatType)
  /// It is packed.
  case quantize(QuantizationFormat)
}

/// One tensor of the package.
public struct PlannedTensor: Sendable {
  /// Where its numbers are, and what they are.
  public let tensor: ResolvedTensor
  /// Trunk or head.
  public let origin: TensorOrigin
  /// What is done with it.
  public let verdict: Verdict
  /// The rule that decided.
  public let rule: String
  /// Why the verdict is not what the rule asks for, or what the rule's author says.
  public let reason: String?
  /// Rows that are treated independently, and elements in each.
  public let rows: Int
  /// Elements of each of these rows.
  public let rowElements: Int
  /// What is written.
  public let parts: [PlannedPart]

  /// The name in the package.
  public var name: String { tensor.name }
  /// Bytes of a row as the source stores it.
  public var sourceRowBytes: Int { rowElements * tensor.elementBits / 8 }
  /// `quantized`, `kept`, `converted`: the word of reports.
  public var verdictWord: String {
    switch verdict {
    case .quantize: "quantized"
    case .cast: "converted"
    case .keep: tensor.transform.changesBytes ? "converted" : "kept"
    }
  }
  /// Bytes of all parts.
  public var outputBytes: Int { parts.reduce(0) { $0 + $1.bytes } }

  /// The number format of a quantized tensor.
  public var format: QuantizationFormat? {
    if case .quantize(let format) = verdict { format } else { nil }
  }
}

/// One tensor in a file of the package.
public struct PlannedPart: Sendable {
  /// The part's name in the package.
  public let name: String
  /// The type of its elements.
  public let dtype: DType
  /// Its dimensions.
  public let shape: [Int]
  /// Index into ``Plan/weights``.
  public let file: Int
  /// The offset from the beginning of the file, in bytes.
  public let offset: Int
  /// Its size.
  public let bytes: Int
}

extension PlannedTensor {
  /// A tensor with its verdict and no place yet.
  init(_ tensor: ResolvedTensor, _ origin: TensorOrigin, _ verdict: Verdict, rule: String, reason: String?) {
    self.init(
      tensor: tensor, origin: origin, verdict: verdict, rule: rule, reason: reason, rows: tensor.rows,
      rowElements: tensor.rowElements, parts: [])
  }

  func with(parts: [PlannedPart]) -> PlannedTensor {
    PlannedTensor(
      tensor: tensor, origin: origin, verdict: verdict, rule: rule, reason: reason, rows: rows,
      rowElements: rowElements, parts: parts)
  }

  /// Whether the package holds exactly the bytes of one source tensor.
  package var isCopy: Bool {
    verdict == .keep && tensor.delta == nil && tensor.sources.count == 1 && tensor.assembly == "copy"
      && !tensor.transform.changesBytes
  }

  /// Every named transform on the way from source to package, in order.
  package var transformNames: [String] {
    var names: [String] = []
    if tensor.assembly != "copy" { names.append(tensor.assembly) }
    if let scales = tensor.blockScales.first { names.append(scales.transformName) }
    if let codes = tensor.groupedCodes.first { names.append(codes.transformName) }
    names += tensor.delta?.transformNames ?? []
    if tensor.transform != .none { names.append(tensor.transform.rawValue) }
    if case .cast(let type) = verdict, type.dtype != tensor.valueDType { names.append("cast_\(type.rawValue)") }
    return names
  }
}
