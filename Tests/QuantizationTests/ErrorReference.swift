import Quantization

/// The definition of the error measures, element by element.
struct ErrorReference: Equatable {
  var sums: [UInt64] = []
  var largest: UInt32 = 0
  var index: Int?
  var original: Float = 0
  var clipped = 0
  var clippedGroups = 0
  var zeroedGroups = 0

  init(_ x: [Float], _ y: [Float]) {
    var lanes = [[Double]](repeating: [Double](repeating: 0, count: 16), count: 4)
    for i in x.indices {
      let d = x[i] - y[i]
      for (k, (a, b)) in [(x[i], y[i]), (x[i], x[i]), (y[i], y[i]), (d, d)].enumerated() {
        lanes[k][i % 16] += Double(a) * Double(b)
      }
      let bits = d.isNaN ? 0x7FC0_0000 : d.magnitude.bitPattern
      if bits > largest { (largest, index) = (bits, i) }
      original = max(original, x[i].magnitude)
    }
    sums = lanes.map { lane in
      var rest = lane
      while rest.count > 1 { rest = (0..<rest.count / 2).map { rest[$0] + rest[$0 + rest.count / 2] } }
      return rest[0].isNaN ? Double.nan.bitPattern : rest[0].bitPattern
    }
  }

  init(_ found: ErrorAccumulator) {
    sums = [found.dot, found.originalSquares, found.decodedSquares, found.differenceSquares].map {
      $0.isNaN ? Double.nan.bitPattern : $0.bitPattern
    }
    largest = found.largestDifference.bitPattern
    index = found.largestDifferenceIndex
    original = found.largestOriginal
    clipped = found.clippedElements
    clippedGroups = found.clippedGroups
    zeroedGroups = found.zeroedGroups
  }

  /// What the packed form of `x` decodes to and what is told of its groups.
  init(_ format: QuantizationFormat, _ type: FloatType, _ x: [Float], _ encoded: Encoded) {
    let rounding: FloatType = format.mode == .affine ? type : .bf16
    let y = encoded.decoded(format, rounding)
    self.init(x, y)
    for group in 0..<x.count / format.groupSize {
      let range = group * format.groupSize..<(group + 1) * format.groupSize
      let (low, high) = Self.reach(format, type, encoded, group)
      let out = range.count { x[$0] < low || x[$0] > high }
      clipped += out
      clippedGroups += out > 0 ? 1 : 0
      zeroedGroups += range.allSatisfy({ y[$0] == 0 }) && range.contains(where: { x[$0] != 0 }) ? 1 : 0
    }
  }

  private static func reach(
    _ format: QuantizationFormat, _ type: FloatType, _ encoded: Encoded, _ group: Int
  ) -> (Float, Float) {
    switch format.mode {
    case .affine:
      let s = number(encoded.scales, type, group)
      let b = number(encoded.biases, type, group)
      let end = b + s * Float((1 << format.bits) - 1)
      return (min(b, end) - s.magnitude * 0.5, max(b, end) + s.magnitude * 0.5)
    case .mxfp4, .mxfp8:
      let byte = encoded.scales[group]
      let s = Float(bitPattern: byte == 0 ? 1 << 22 : UInt32(byte) << 23)
      let top = s * (format.mode == .mxfp4 ? 6 : 448)
      return (-top, top)
    case .nvfp4:
      let s = E4M3.decode(encoded.scales[group]).magnitude
      return s == 0 ? (-.infinity, .infinity) : (-6 * s, 6 * s)
    }
  }

  static func number(_ bytes: [UInt8], _ type: FloatType, _ index: Int) -> Float {
    let width = type.byteWidth
    let word = (0..<width).reduce(UInt32(0)) { $0 | UInt32(bytes[index * width + $1]) << UInt32(8 * $1) }
    switch type {
    case .bf16: return FloatConversion.fromBF16(UInt16(word))
    case .f16: return FloatConversion.fromF16(UInt16(word))
    case .f32: return Float(bitPattern: word)
    }
  }
}

extension Encoded {
  /// Through `ReferenceDequantizer`.
  func decoded(_ format: QuantizationFormat, _ output: FloatType) -> [Float] {
    let width = format.scaleByteWidth(input: output)
    let groups = scales.count / width
    var values = [Float](repeating: -1, count: groups * format.groupSize)
    weight.withUnsafeBytes { weight in
      scales.withUnsafeBytes { scales in
        biases.withUnsafeBytes { biases in
          values.withUnsafeMutableBufferPointer { values in
            ReferenceDequantizer(format: format, output: output).decode(
              groups: groups, weight: weight, scales: scales, biases: format.hasBiases ? biases : nil, into: values)
          }
        }
      }
    }
    return values
  }

  /// Through `ErrorAccumulator`, the source being `input` of type `type`.
  func measured(_ format: QuantizationFormat, _ type: FloatType, _ input: [UInt8]) throws -> ErrorAccumulator {
    var errors = ErrorAccumulator()
    try input.withUnsafeBytes { input in
      try weight.withUnsafeBytes { weight in
        try scales.withUnsafeBytes { scales in
          try biases.withUnsafeBytes { biases in
            try errors.add(
              format: format, input: type, rows: 1, columns: input.count / type.byteWidth, source: input,
              weight: weight, scales: scales, biases: format.hasBiases ? biases : nil)
          }
        }
      }
    }
    return errors
  }
}
