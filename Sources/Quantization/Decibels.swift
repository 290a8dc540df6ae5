/// Decibels by additions, multiplications and divisions only: a system's logarithm may differ in the last bit from
/// another's, and reports must not.
package enum Decibels {
  /// 10 log10(ratio): −∞ of 0, ∞ of ∞, NaN below 0. Within 2 units in the last place, or 1e-14 near 0.
  package static func ofPowers(_ ratio: Double) -> Double {
    if ratio == 0 { return -.infinity }
    guard ratio > 0, ratio < .infinity else { return ratio == .infinity ? ratio : .nan }
    // ratio = 2^exponent · fraction with a fraction between √½ and √2.
    var exponent = Double(ratio.exponent)
    var fraction = ratio.significand
    if fraction > 1.414_213_562_373_095_1 {
      fraction /= 2
      exponent += 1
    }
    // ln f = 2 artanh z = 2 (z + z³/3 + z⁵/5 + …) with z = (f − 1) / (f + 1), |z| < 0.172: z²⁷ is below 2^-68.
    let z = (fraction - 1) / (fraction + 1)
    let square = z * z
    var series = 0.0
    for odd in stride(from: 25.0, through: 1, by: -2) { series = series * square + 1 / odd }
    // 10 log10 2 and 20 log10 e.
    return exponent * 3.010_299_956_639_812 + z * series * 8.685_889_638_065_037
  }
}
