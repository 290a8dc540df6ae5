/// The sixteen lanes of the canonical arithmetic (page Canonical arithmetic).
typealias Lanes = SIMD16<Float>

extension SIMD16 where Scalar == Float {
  /// Elements `start ..< start + 16` of `pointer`; elements from `count` on are +0.
  static func load(_ pointer: UnsafePointer<Float>, at start: Int, count: Int) -> Lanes {
    var lanes = Lanes.zero
    for lane in 0..<Swift.min(16, count - start) { lanes[lane] = pointer[start + lane] }
    return lanes
  }

  /// a · b + self with one rounding, by lane.
  mutating func addProduct(_ a: Lanes, _ b: Lanes) {
    for lane in 0..<16 { self[lane] = self[lane].addingProduct(a[lane], b[lane]) }
  }

  /// The sum by halving: lane j + lane j + 8, then j + 4, j + 2, j + 1.
  func halvingSum() -> Float {
    var lanes = self
    for half in [8, 4, 2, 1] {
      for lane in 0..<half { lanes[lane] += lanes[lane + half] }
    }
    return lanes[0]
  }

  /// The largest lane by halving with `a > b ? a : b`.
  func halvingMaximum() -> Float {
    var lanes = self
    for half in [8, 4, 2, 1] {
      for lane in 0..<half { lanes[lane] = lanes[lane] > lanes[lane + half] ? lanes[lane] : lanes[lane + half] }
    }
    return lanes[0]
  }
}
