import Digests
import Quantization
import StrictJSON

/// How large a package may become, or how far from its source: the tensors that rules just `quantize` get their formats
/// where the bytes save most. Format: see the page *Budget*.
public struct Budget: Sendable, Equatable {
  /// What is bounded.
  public enum Limit: Sendable, Equatable {
    /// Stored bits of a weight, scales included, over the tensors that the budget decides.
    case bitsPerWeight(Double)
    /// Bytes of all tensors of the package, those that are kept and the head too.
    case bytes(Int)
    /// The predicted KL in nats, the sum over all sets.
    case maxKL(Double)
  }

  /// What is bounded.
  public let limit: Limit
  /// The formats that may be given; empty for all that were measured.
  public let candidates: [QuantizationChoice]
  /// The text that the measurement must be of; nil for any.
  public let text: SHA256Digest?
  /// `file:line:column`, for messages.
  public let place: String

  static let fields = ["bits_per_weight", "bytes", "max_kl", "candidates", "text_sha256"]

  /// The limit in words.
  package var words: String {
    switch limit {
    case .bitsPerWeight(let bits): "\(bits) bits a weight"
    case .bytes(let bytes): "\(bytes) bytes"
    case .maxKL(let kl): "a KL of \(kl) nats"
    }
  }
}

extension RuleParser {
  /// `budget`: an object with one limit.
  func budget(_ fields: JSONFields) throws -> Budget? {
    guard let own = try fields.optionalObject("budget") else { return nil }
    try own.refuseUnknown(Budget.fields)
    let bits = try own.optionalNumber("bits_per_weight")
    let bytes = try own.optionalInt("bytes", in: 1...Int.max)
    let kl = try own.optionalNumber("max_kl")
    let limits: [Budget.Limit?] = [bits.map { .bitsPerWeight($0) }, bytes.map { .bytes($0) }, kl.map { .maxKL($0) }]
    let given = limits.compactMap { $0 }
    guard let limit = given.first, given.count == 1 else {
      throw ManifestError.value(
        place: place(own.value), field: "budget", expected: "one of bits_per_weight, bytes and max_kl",
        found: given.isEmpty ? "none of them" : "\(given.count) of them")
    }
    for (key, number) in [("bits_per_weight", bits), ("max_kl", kl)] {
      guard let number, !(number > 0 && number < 1e6) else { continue }
      throw ManifestError.value(
        place: place(own.value[key] ?? own.value), field: key, expected: "a number above 0 and below 1000000",
        found: "\(number)")
    }
    return Budget(
      limit: limit, candidates: try (try own.optionalArray("candidates") ?? []).map { try choice($0) },
      text: own["text_sha256"] == nil ? nil : try own.sha256("text_sha256"), place: place(own.value))
  }
}
