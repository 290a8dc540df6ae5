extension Vector {
  /// exp(scoreᵢ − maximum) / Σ, in place.
  public static func softmax(_ scores: UnsafeMutablePointer<Float>, count: Int) {
    ReferenceVector.softmax(scores, count: count)
  }

  /// One query row of one head over the positions 0 ..< positions: softmax(q · kₚ · scale) weighted sum of vₚ.
  ///
  /// A score is dot(q, kₚ) · scale; the weighted sum is formed by position, ascending, and multiplied by 1 / Σ exp.
  ///
  /// - Parameters:
  ///   - query: headDimension elements.
  ///   - keys, values: row p of headDimension elements at p · stride.
  ///   - out: headDimension elements.
  ///   - scratch: `positions` elements.
  public static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, headDimension: Int,
    stride: Int, positions: Int, scale: Float, into out: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    ReferenceVector.attend(
      query: query, keys: keys, values: values, headDimension: headDimension, stride: stride, positions: positions,
      scale: scale, into: out, scratch: scratch)
  }

  /// Rotates the first `rotaryDimension` elements in place, element f with element f + rotaryDimension / 2:
  /// a′ = a · cos − b · sin, b′ = b · cos + a · sin.
  ///
  /// - Parameter cosines, sines: rotaryDimension / 2 elements, of the row's position.
  public static func rotate(
    _ x: UnsafeMutablePointer<Float>, rotaryDimension: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    ReferenceVector.rotate(x, rotaryDimension: rotaryDimension, cosines: cosines, sines: sines)
  }
}
