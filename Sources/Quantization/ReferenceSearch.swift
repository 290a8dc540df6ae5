/// The definition of the search of scales: groups that ``ReferenceQuantizer`` encoded get the codes, scale and bias of a
/// candidate where those decode to less squared error. The kernels must produce the same bytes.
///
/// All arithmetic is f32 with one rounding per operation, unless said. Sums are of 16 lanes, element i in lane i mod 16,
/// added pairwise (16, 8, 4, 2, 1). The first of equally good candidates is taken, and what is stored before all of them:
/// no group becomes worse. What a reader computes is the same, so every reader reads the result.
struct ReferenceSearch {
  let format: QuantizationFormat
  let input: FloatType

  /// How far the ends of an affine candidate are within the group's own, in steps between codes.
  static let offsets: [Float] = [-0.25, 0, 0.25, 0.5, 0.75, 1, 1.25]
  /// How often an affine candidate is fitted again by least squares.
  static let refits = 3

  /// One group whose parts are in the buffers, as ``ReferenceQuantizer`` takes them.
  /// - Parameter codes: room for the group's codes.
  func improve(
    _ w: UnsafeBufferPointer<Float>, group: Int, weight: UnsafeMutableRawBufferPointer,
    scales: UnsafeMutableRawBufferPointer, biases: UnsafeMutableRawBufferPointer?,
    codes: UnsafeMutableBufferPointer<UInt8>
  ) {
    let place = group * format.groupSize * format.bits / 8
    BitPacking.unpack(UnsafeRawBufferPointer(weight), at: place, bits: format.bits, into: codes)
    if format.mode == .affine {
      guard let biases else { return }
      let stored = Affine(
        scale: FloatConversion.load(UnsafeRawBufferPointer(scales), group, input),
        bias: FloatConversion.load(UnsafeRawBufferPointer(biases), group, input))
      guard let best = affine(w, codes, stored) else { return }
      for i in w.indices { codes[i] = UInt8(code(w[i], best)) }
      FloatConversion.store(best.scale, scales, group, input)
      FloatConversion.store(best.bias, biases, group, input)
    } else {
      guard let best = block(w, codes, scales[group]) else { return }
      let inverse = inverse(best)
      for i in w.indices { codes[i] = element(w[i] * inverse) }
      scales[group] = best
    }
    BitPacking.pack(UnsafeBufferPointer(codes), bits: format.bits, into: weight, at: place)
  }

  /// Σ over 16 lanes.
  private func sum(_ count: Int, _ term: (Int) -> Float) -> Float {
    var lanes = [Float](repeating: 0, count: 16)
    for i in 0..<count { lanes[i % 16] += term(i) }
    for half in [8, 4, 2, 1] {
      for j in 0..<half { lanes[j] += lanes[j + half] }
    }
    return lanes[0]
  }

  private func error(_ w: UnsafeBufferPointer<Float>, _ value: (Int) -> Float) -> Float {
    sum(w.count) { i in
      let difference = w[i] - value(i)
      return difference * difference
    }
  }

  /// What is no number, or too large for one, is worse than anything.
  private func start(_ error: Float) -> Float { error < .infinity ? error : .infinity }

  // MARK: affine

  struct Affine {
    let scale: Float
    let bias: Float

    /// Whether scale and inverse are far from the ends of what f32 has.
    var isUsable: Bool { scale.magnitude > 0x1p-100 && scale.magnitude < 0x1p100 && bias.magnitude < .infinity }
  }

  private var top: Float { Float((1 << format.bits) - 1) }

  private func rounded(_ x: Float) -> Float { FloatConversion.rounded(x, to: input) }

  func code(_ w: Float, _ affine: Affine) -> Float {
    let inverse = 1 / affine.scale
    let q = (w - affine.bias) * inverse
    let positive = q > 0 ? q : 0
    return (positive < top ? positive : top).rounded(.toNearestOrEven)
  }

  func value(_ code: Float, _ affine: Affine) -> Float { rounded(rounded(code * affine.scale) + affine.bias) }

  /// The best candidate; nil when none is better than what is stored.
  private func affine(
    _ w: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableBufferPointer<UInt8>, _ stored: Affine
  ) -> Affine? {
    var best = stored
    var least = start(error(w) { value(Float(codes[$0]), stored) })
    var isChanged = false
    func consider(_ scale: Float, _ bias: Float) -> Bool {
      let candidate = Affine(scale: rounded(scale), bias: rounded(bias))
      guard candidate.isUsable else { return false }
      let error = error(w) { value(code(w[$0], candidate), candidate) }
      guard error < least else { return false }
      (best, least, isChanged) = (candidate, error, true)
      return true
    }
    var low = w[0]
    var high = w[0]
    for x in w {
      if x < low { low = x }
      if x > high { high = x }
    }
    let step = (high - low) / top
    for lower in Self.offsets {
      let from = low + step * lower
      for upper in Self.offsets { _ = consider(((high - step * upper) - from) / top, from) }
    }
    for _ in 0..<Self.refits {
      guard let (scale, bias) = leastSquares(w, best), consider(scale, bias) else { break }
    }
    return isChanged ? best : nil
  }

  /// Scale and bias of least squares under the codes of a candidate: the sums in f32, the solution in f64.
  private func leastSquares(_ w: UnsafeBufferPointer<Float>, _ affine: Affine) -> (Float, Float)? {
    guard affine.scale.magnitude > 0x1p-100, affine.scale.magnitude < 0x1p100 else { return nil }
    let codes = w.map { code($0, affine) }
    let count = Double(w.count)
    let c = Double(sum(w.count) { codes[$0] })
    let squares = Double(sum(w.count) { codes[$0] * codes[$0] })
    let total = Double(sum(w.count) { w[$0] })
    let products = Double(sum(w.count) { w[$0] * codes[$0] })
    let spread = count * squares - c * c
    guard spread > 0 else { return nil }
    let scale = (count * products - c * total) / spread
    return (Float(scale), Float((total - scale * c) / count))
  }

  // MARK: mx and nvfp4

  /// How many bytes on either side of the stored scale are candidates, and the bytes that may be: none outside E8M0, and
  /// not the zero of E4M3.
  private var reach: (bytes: Int, allowed: ClosedRange<Int>) { format.mode == .nvfp4 ? (6, 1...0x7E) : (1, 0...254) }

  func scale(_ byte: UInt8) -> Float {
    format.mode == .nvfp4 ? E4M3.decode(byte) : ScaleExponent.power(Int(byte) - 127)
  }

  func inverse(_ byte: UInt8) -> Float {
    format.mode == .nvfp4 ? 1 / E4M3.decode(byte) : ScaleExponent.power(127 - Int(byte))
  }

  /// The code of the nearest element, as Metal finds it, whichever reference the first encoding follows.
  func element(_ y: Float) -> UInt8 { format.mode == .mxfp8 ? E4M3.encode(y) : E2M1.encodeEven(y) }

  func number(_ code: UInt8) -> Float {
    format.mode == .mxfp8 ? E4M3.decode(code) : E2M1.values[Int(code & 15)]
  }

  /// The best scale; nil when none is better than the stored one.
  private func block(
    _ w: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableBufferPointer<UInt8>, _ stored: UInt8
  ) -> UInt8? {
    let first = scale(stored)
    var best: UInt8?
    var least = start(error(w) { number(codes[$0]) * first })
    let (bytes, allowed) = reach
    for place in Int(stored) - bytes...Int(stored) + bytes where place != Int(stored) && allowed.contains(place) {
      let byte = UInt8(place)
      let scale = scale(byte)
      let inverse = inverse(byte)
      let error = error(w) { number(element(w[$0] * inverse)) * scale }
      guard error < least else { continue }
      (best, least) = (byte, error)
    }
    return best
  }
}
