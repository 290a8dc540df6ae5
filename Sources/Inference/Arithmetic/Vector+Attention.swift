import CKernels

extension Vector {
  /// exp(scoreᵢ − maximum) / Σ, in place.
  public static func softmax(_ scores: UnsafeMutablePointer<Float>, count: Int) {
    cambium_scale(scores, 1 / cambium_exponentials(scores, count), nil, count, scores)
  }

  /// One query row of one head over the positions 0 ..< positions: softmax(q · kₚ · scale) weighted sum of vₚ.
  ///
  /// A score is dot(q, kₚ) · scale; the weighted sum is formed by position, ascending, and multiplied by 1 / Σ exp.
  ///
  /// - Parameters:
  ///   - query: headDimension elements.
  ///   - keys: row p of headDimension elements at p · stride.
  ///   - values: row p of headDimension elements at p · stride.
  ///   - headDimension: Elements of a head's query, key and value.
  ///   - stride: Elements from one position's key, or value, to the next one's.
  ///   - positions: How many positions are attended to.
  ///   - scale: Factor of every score.
  ///   - out: headDimension elements.
  ///   - scratch: `positions` elements.
  public static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, headDimension: Int,
    stride: Int, positions: Int, scale: Float, into out: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    cambium_attend(query, keys, values, headDimension, stride, positions, scale, out, scratch)
  }

  /// Rotates the first `rotaryDimension` elements in place, element f with element f + rotaryDimension / 2:
  /// a′ = a · cos − b · sin, b′ = b · cos + a · sin.
  ///
  /// - Parameters:
  ///   - x: At least `rotaryDimension` elements of one head.
  ///   - rotaryDimension: How many elements turn; even.
  ///   - cosines: rotaryDimension / 2 elements, of the row's position.
  ///   - sines: rotaryDimension / 2 elements, of the row's position.
  public static func rotate(
    _ x: UnsafeMutablePointer<Float>, rotaryDimension: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    ReferenceVector.rotate(x, rotaryDimension: rotaryDimension, cosines: cosines, sines: sines)
  }
}
