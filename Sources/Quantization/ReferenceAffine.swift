extension ReferenceQuantizer {
  /// One affine group (number-format page, affine): codes from the unrounded f32 scale and bias, which are returned.
  ///
  /// Metal differs from the CPU backend in two points: halves go away from zero, and the running maximum starts at
  /// zero, so that a group of negative numbers has the maximum 0.
  func affineGroup(
    _ w: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableBufferPointer<UInt8>
  ) -> (scale: Float, bias: Float) {
    let metal = format.reference == .metal
    let rounding: FloatingPointRoundingRule = metal ? .toNearestOrAwayFromZero : .toNearestOrEven
    let top = Float((1 << format.bits) - 1)
    var low = Float.infinity
    var high = metal ? 0 : -Float.infinity
    for value in w {
      if value < low { low = value }
      if value > high { high = value }
    }
    let step = (high - low) / top
    var scale = step > 1e-7 ? step : 1e-7
    // The edge of larger magnitude is stored exactly, as code 0; a tie takes the high side.
    let edge: Float
    if low.magnitude > high.magnitude {
      edge = low
    } else {
      edge = high
      scale = -scale
    }
    var bias: Float = 0
    let quotient = (edge / scale).rounded(rounding)
    if quotient != 0 {
      scale = edge / quotient
      bias = edge
    }
    for i in w.indices {
      let code = ((w[i] - bias) / scale).rounded(rounding)
      // A constant group near the largest number yields 0/0: code 0.
      codes[i] = code > 0 ? UInt8(min(code, top)) : 0
    }
    return (scale, bias)
  }
}
