import StrictJSON

/// How far a package may be from its source.
public struct SourceLimits: Sendable, Equatable {
  /// Largest mean of KL(source, package) in nats; nil for any.
  public var maxKL: Double?
  /// Least share of the positions where both have the same best token; nil for any.
  public var minTop1: Double?

  /// The members.
  public init(maxKL: Double? = nil, minTop1: Double? = nil) {
    self.maxKL = maxKL
    self.minTop1 = minTop1
  }

  /// Whether anything is asked for.
  public var isEmpty: Bool { maxKL == nil && minTop1 == nil }
}

extension CheckReport {
  /// A limit that the package is beyond.
  public struct BeyondLimit: Sendable, Equatable {
    /// The figure, as the document calls it.
    public let figure: String
    /// What was asked for.
    public let expected: String
    /// What was measured.
    public let found: String
  }

  /// The limits that the comparison with the source does not keep; none without a comparison.
  public var beyondLimits: [BeyondLimit] {
    guard let source else { return [] }
    var beyond: [BeyondLimit] = []
    if let most = sourceLimits.maxKL, !(source.klMean <= most) {
      beyond.append(
        BeyondLimit(
          figure: "kl_mean", expected: "a mean KL of at most \(significant(most)) nats",
          found: "\(significant(source.klMean)) over \(source.positions) positions"))
    }
    if let least = sourceLimits.minTop1, !(source.topAgreement >= least) {
      beyond.append(
        BeyondLimit(
          figure: "top1_agreement", expected: "the same best token at \(decimal(least, 6)) of the positions at least",
          found: "\(decimal(source.topAgreement, 6)) of \(source.positions)"))
    }
    return beyond
  }

  /// Members of the document about the comparison.
  var sourceMembers: [(String, JSONValue)] {
    guard let source else { return [] }
    var members = [("source", source.json)]
    if let sourceText { members.append(("source_text_sha256", .string(sourceText.hex))) }
    guard !sourceLimits.isEmpty else { return members }
    members.append(
      (
        "source_limits",
        .object([
          ("max_kl", sourceLimits.maxKL.map { .significant($0) } ?? .null),
          ("min_top1", .decimal(sourceLimits.minTop1, 6)),
          ("beyond", .array(beyondLimits.map { .string($0.figure) })),
        ])
      ))
    return members
  }
}
