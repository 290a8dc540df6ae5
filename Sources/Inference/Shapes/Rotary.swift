import StrictJSON

/// A place in the three position axes of the family. Text has all three equal.
public struct TokenPosition: Sendable, Hashable {
  /// The group of frames; for text the token's number.
  public var time: Int
  /// The row; for text the token's number.
  public var height: Int
  /// The column; for text the token's number.
  public var width: Int

  /// A place of a row of an image or a video, whose axes differ.
  public init(time: Int, height: Int, width: Int) {
    self.time = time
    self.height = height
    self.width = width
  }

  /// A text token's position.
  public init(_ index: Int) { self.init(time: index, height: index, width: index) }
}

/// Partial rotary position embedding: the first R components of a head are rotated, component f with f + R/2, by the
/// angle p · θ^(−2f/R), p being the position on the axis of f.
public struct Rotary: Sendable {
  /// R.
  public let dimension: Int
  /// R/2 inverse frequencies, YaRN included.
  public let inverseFrequencies: [Float]
  /// Factor of cosines and sines; 1 without YaRN.
  public let attentionFactor: Float
  /// Axis of each frequency: 0 time, 1 height, 2 width.
  public let axes: [UInt8]

  /// Angles of a whole head on one axis, without YaRN.
  init(wholeHead dimension: Int, theta: Double) {
    self.dimension = dimension
    inverseFrequencies = (0..<dimension / 2).map { f in
      1 / Float(DoubleFunctions.power(theta, Double(2 * f) / Double(dimension)))
    }
    attentionFactor = 1
    axes = Array(repeating: 0, count: dimension / 2)
  }

  /// Cosines and sines of one position, R/2 of each.
  func angles(
    _ position: TokenPosition, cosines: UnsafeMutablePointer<Float>, sines: UnsafeMutablePointer<Float>
  ) {
    for f in 0..<inverseFrequencies.count {
      let place = axes[f] == 0 ? position.time : axes[f] == 1 ? position.height : position.width
      let angle = Double(Float(place) * inverseFrequencies[f])
      cosines[f] = Float(DoubleFunctions.cosine(angle)) * attentionFactor
      sines[f] = Float(DoubleFunctions.sine(angle)) * attentionFactor
    }
  }
}
