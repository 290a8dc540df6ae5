/// Elementary functions in double precision from IEEE operations alone, so that tables (rotary angles) are the same
/// bits on every platform; the system's libm differs between platforms. Errors stay below 4 units of the last place
/// for the arguments stated.
package enum DoubleFunctions {
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33

  /// Natural logarithm of a positive, normal number: x = 2^e · m, ln m = 2 artanh((m − 1)/(m + 1)).
  package static func logarithm(_ x: Double) -> Double {
    guard x > 0, x.isNormal else { return x == 0 ? -.infinity : .nan }
    var exponent = Double(x.exponent)
    var significand = x.significand
    if significand > 1.4142135623730951 {
      significand *= 0.5
      exponent += 1
    }
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    var sum = 0.0
    for n in stride(from: 27, through: 3, by: -2) { sum = (sum + 1 / Double(n)) * square }
    return exponent * ln2High + (2 * s + (2 * s * sum + exponent * ln2Low))
  }

  /// e^x for |x| below 700.
  package static func exponential(_ x: Double) -> Double {
    let n = (x * 0x1.71547652b82fep0).rounded()
    let rest = (x - n * ln2High) - n * ln2Low
    var sum = 1.0
    for k in stride(from: 18, through: 1, by: -1) { sum = 1 + rest / Double(k) * sum }
    return Double(sign: .plus, exponent: Int(max(-1022, min(1023, n))), significand: sum)
  }

  /// base^exponent for a positive base.
  package static func power(_ base: Double, _ exponent: Double) -> Double {
    exponent == 0 ? 1 : exponential(exponent * logarithm(base))
  }

  /// The sine, for |x| below 2^30.
  package static func sine(_ x: Double) -> Double {
    let (quadrant, rest) = reduce(x)
    switch quadrant {
    case 0: return sineNearZero(rest)
    case 1: return cosineNearZero(rest)
    case 2: return -sineNearZero(rest)
    default: return -cosineNearZero(rest)
    }
  }

  /// The cosine, for |x| below 2^30.
  package static func cosine(_ x: Double) -> Double {
    let (quadrant, rest) = reduce(x)
    switch quadrant {
    case 0: return cosineNearZero(rest)
    case 1: return -sineNearZero(rest)
    case 2: return -cosineNearZero(rest)
    default: return sineNearZero(rest)
    }
  }

  /// x − n · π/2 with π/2 in parts of 21 bits, whose products with n are exact.
  private static func reduce(_ x: Double) -> (quadrant: Int, rest: Double) {
    let n = (x * 0x1.45f306dc9c883p-1).rounded()
    let rest = ((x - n * 0x1.921fbp0) - n * 0x1.5110bp-22) - n * 0x1.18469898cc517p-44
    return (Int(n) & 3, rest)
  }

  private static func sineNearZero(_ x: Double) -> Double {
    let square = x * x
    var sum = 1.0
    for k in stride(from: 20, through: 2, by: -2) { sum = 1 - square / Double(k * (k + 1)) * sum }
    return x * sum
  }

  private static func cosineNearZero(_ x: Double) -> Double {
    let square = x * x
    var sum = 1.0
    for k in stride(from: 19, through: 1, by: -2) { sum = 1 - square / Double(k * (k + 1)) * sum }
    return sum
  }
}
