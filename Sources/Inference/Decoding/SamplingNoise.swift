/// The random numbers of one place in a text, one for each token: of the seed, the place and the token, and of nothing
/// else, so that it does not matter how many were asked for before, in which order, or by whom.
package struct SamplingNoise: Sendable {
  private let key: UInt64

  /// - Parameters:
  ///   - seed: The same seed yields the same numbers.
  ///   - index: The token's index among those decoded, from 0.
  package init(seed: UInt64, index: Int) { key = RandomSource.number(UInt64(truncatingIfNeeded: index), of: seed) }

  /// Uniform in the open interval 0 to 1, an odd multiple of 2^-53.
  func uniform(_ token: Int) -> Double {
    let number = RandomSource.number(UInt64(truncatingIfNeeded: token), of: key)
    return (Double(number >> 12) + 0.5) * 0x1p-52
  }
}
