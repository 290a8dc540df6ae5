extension ReferenceQuantizer {
  /// One mxfp4 or mxfp8 group (number-format page, mx scale and elements).
  ///
  /// CPU backend: the ratio and each quotient are rounded to T, a zero ratio has the scale byte 127, and the byte
  /// wraps modulo 256. Metal: no rounding to T, a zero group has the byte 0, and the exponent is clamped.
  func mxGroup(
    _ w: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableBufferPointer<UInt8>
  ) -> (byte: UInt8, outside: Bool) {
    let peak: Float = format.mode == .mxfp4 ? 6 : 448
    let ratio = largestMagnitude(w) / peak
    if format.reference == .cpu {
      let x = FloatConversion.rounded(ratio, to: input)
      var e = 0
      if x > 0 { e = format.scaleRule == .ceil ? ScaleExponent.ceil(x) : ScaleExponent.roundCPU(x, input) }
      let scale = FloatConversion.rounded(ScaleExponent.power(e), to: input)
      for i in w.indices {
        let y = FloatConversion.rounded(w[i] / scale, to: input)
        codes[i] = format.mode == .mxfp4 ? E2M1.encodeFirst(y) : E4M3.encode(y)
      }
      return (UInt8(truncatingIfNeeded: e + 127), e < -127)
    }
    var e = -127
    if ratio > 0 { e = format.scaleRule == .ceil ? ScaleExponent.ceil(ratio) : ScaleExponent.roundMetal(ratio) }
    let clamped = max(e, -127)
    let inverse = ScaleExponent.power(-clamped)
    for i in w.indices {
      let y = w[i] * inverse
      codes[i] = format.mode == .mxfp4 ? E2M1.encodeEven(y) : E4M3.encode(y)
    }
    return (UInt8(clamped + 127), e < -127)
  }

  /// One nvfp4 group (number-format page, nvfp4 scale): the scale is E4M3 of amax / 6; without a tensor-wide factor
  /// it is 0 for small groups, whose elements are then all zero.
  func nvfp4Group(_ w: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableBufferPointer<UInt8>) -> UInt8 {
    let ratio = largestMagnitude(w) / 6
    if format.reference == .cpu {
      let byte = E4M3.encode(FloatConversion.rounded(ratio, to: input))
      let scale = E4M3.decode(byte)
      for i in w.indices { codes[i] = E2M1.encodeFirst(FloatConversion.rounded(w[i] / scale, to: input)) }
      return byte
    }
    let byte = E4M3.encode(ratio)
    let scale = E4M3.decode(byte)
    let inverse = scale == 0 ? 0 : 1 / scale
    for i in w.indices { codes[i] = E2M1.encodeEven(w[i] * inverse) }
    return byte
  }

  private func largestMagnitude(_ w: UnsafeBufferPointer<Float>) -> Float {
    var largest: Float = 0
    for value in w where value.magnitude > largest { largest = value.magnitude }
    return largest
  }
}
