import Diagnostics
import Quantization
import StrictJSON

/// How far a quantized tensor is from its source; see the page *Audit report*.
public struct TensorError: Sendable, Equatable {
  /// The measures of some elements.
  public struct Measures: Sendable, Equatable {
    /// The cosine between source and dequantized values; 1 when both are zero throughout.
    public var cosine: Double
    /// Root of the squared error over the root of the squared source.
    public var relativeRMS: Double
    /// Signal to quantization noise, dB.
    public var signalToNoise: Double
    /// Largest error of an element, relative to the largest element of the source.
    public var largest: Double
    /// Share of the groups with an element beyond what their codes reach.
    public var clippedGroups: Double
    /// Share of the groups that became all zero and were not.
    public var zeroedGroups: Double
  }

  /// The measures of all elements.
  public var all: Measures
  /// The measures of the head's `fc`: the columns that take the embedding, and those that take the hidden state. Else empty.
  public var halves: [Measures]

  /// - Parameter sums: The sums over the tensor.
  package init(_ sums: TensorErrorSums) {
    all = Measures(sums.all)
    halves = sums.halves.map(Measures.init)
  }

  /// Measures that are known already, such as those that an audit states.
  package init(all: Measures, halves: [Measures] = []) {
    self.all = all
    self.halves = halves
  }

  /// The first of the measures that is not a number.
  package var notANumber: String? { ([all] + halves).lazy.compactMap(\.notANumber).first }

  /// What reports call the halves.
  package static let halfNames = ["embedding_columns", "hidden_columns"]

  /// All numbers in constant width.
  package var json: JSONValue {
    var members = all.members
    if halves.count == TensorError.halfNames.count {
      members += zip(TensorError.halfNames, halves).map { ($0, .object($1.members)) }
    }
    return .object(members)
  }

  /// Reads ``json`` back.
  package init(_ fields: JSONFields) throws(JSONError) {
    let isPair = TensorError.halfNames.contains { fields[$0] != nil }
    try fields.refuseUnknown(Measures.names + TensorError.halfNames)
    let all = try Measures(fields)
    var halves: [Measures] = []
    for name in TensorError.halfNames where isPair {
      let half = try fields.object(name)
      try half.refuseUnknown(Measures.names)
      halves.append(try Measures(half))
    }
    self.init(all: all, halves: halves)
  }
}

extension TensorError.Measures {
  /// - Parameter sums: The sums over some elements.
  package init(_ sums: ErrorAccumulator) {
    self.init(
      cosine: sums.cosine, relativeRMS: sums.relativeRMS, signalToNoise: sums.signalToNoise,
      largest: Double(sums.largestDifference) / Double(sums.largestOriginal > 0 ? sums.largestOriginal : 1),
      clippedGroups: sums.clippedGroupShare, zeroedGroups: sums.zeroedGroupShare)
  }

  /// The name of the first measure that is no number; nil when all are. Infinity is one: of a tensor without an error.
  package var notANumber: String? {
    [
      ("cosine", cosine), ("relative_rms", relativeRMS), ("sqnr_db", signalToNoise), ("largest", largest),
      ("clipped_groups", clippedGroups), ("zeroed_groups", zeroedGroups),
    ].first { $0.1.isNaN }?.0
  }

  fileprivate var members: [(String, JSONValue)] {
    [
      ("cosine", JSONValue(.number(Fixed.eight(cosine)))),
      ("relative_rms", JSONValue(.number(Fixed.eight(relativeRMS)))),
      ("sqnr_db", JSONValue(.number(Fixed.withExponent(signalToNoise)))),
      ("largest", JSONValue(.number(Fixed.eight(largest)))),
      ("clipped_groups", JSONValue(.number(Fixed.eight(clippedGroups)))),
      ("zeroed_groups", JSONValue(.number(Fixed.eight(zeroedGroups)))),
    ]
  }

  fileprivate static let names = [
    "cosine", "relative_rms", "sqnr_db", "largest", "clipped_groups", "zeroed_groups",
  ]

  /// Reads the six measures, within what their width can spell.
  fileprivate init(_ fields: JSONFields) throws(JSONError) {
    self.init(
      cosine: try fields.number("cosine", in: 0...10), relativeRMS: try fields.number("relative_rms", in: 0...10),
      signalToNoise: try fields.number("sqnr_db", in: 0...1e10), largest: try fields.number("largest", in: 0...10),
      clippedGroups: try fields.number("clipped_groups", in: 0...10),
      zeroedGroups: try fields.number("zeroed_groups", in: 0...10))
  }
}
