/// Random numbers of a seed: SplitMix64 (Steele, Lea and Flood, 2014). The same on every platform.
package struct RandomSource: Sendable {
  private var state: UInt64

  /// - Parameter seed: The same seed gives the same numbers.
  package init(seed: UInt64) { state = seed }

  /// The numbers of one place of a sequence, which have nothing to do with those of another.
  package init(seed: UInt64, place: Int) {
    var outer = RandomSource(seed: seed)
    var inner = RandomSource(seed: outer.next() &+ UInt64(truncatingIfNeeded: place) &* 0xD134_2543_DE82_EF95)
    self.init(seed: inner.next())
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0 ..< 1, a multiple of 2^-53.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
