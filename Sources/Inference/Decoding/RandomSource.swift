/// Random numbers of a seed: SplitMix64 (Steele, Lea and Flood, 2014). The same on every platform.
package struct RandomSource: Sendable {
  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var state: UInt64

  /// - Parameter seed: The same seed yields the same numbers.
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= RandomSource.step
    return RandomSource.mix(state)
  }

  /// What ``next()`` returns after `index` calls, without them.
  static func number(_ index: UInt64, of seed: UInt64) -> UInt64 { mix(seed &+ (index &+ 1) &* step) }

  private static func mix(_ state: UInt64) -> UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0 ..< 1, a multiple of 2^-53.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
