/// e^x by additions and multiplications alone: a system's own may differ in the last bit from another's, and what is
/// measured must not. Faster than `DoubleFunctions`, whose tables are filled once; this is called for every logit.
package enum Exponential {
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33

  /// Within two units of the last place for |x| up to 700; 0 below, ∞ above, NaN of NaN.
  package static func of(_ x: Double) -> Double {
    guard x >= -700, x <= 700 else { return x.isNaN ? x : x < 0 ? 0 : .infinity }
    let n = (x * 0x1.71547652b82fep0).rounded(.toNearestOrEven)
    // |rest| is below 0.347: the fourteenth term of the series is below 2^-67.
    let rest = (x - n * ln2High) - n * ln2Low
    var sum = 1.0 / 6_227_020_800
    sum = sum * rest + 1.0 / 479_001_600
    sum = sum * rest + 1.0 / 39_916_800
    sum = sum * rest + 1.0 / 3_628_800
    sum = sum * rest + 1.0 / 362_880
    sum = sum * rest + 1.0 / 40_320
    sum = sum * rest + 1.0 / 5_040
    sum = sum * rest + 1.0 / 720
    sum = sum * rest + 1.0 / 120
    sum = sum * rest + 1.0 / 24
    sum = sum * rest + 1.0 / 6
    sum = sum * rest + 0.5
    sum = sum * rest * rest + rest + 1
    // n is between −1010 and 1010.
    return sum * Double(bitPattern: UInt64(1023 + Int(n)) << 52)
  }
}
