import Checking
import Foundation
import Testing

/// The exponential of what is measured, beside the system's.
@Suite struct ExponentialTests {
  @Test func `it is within two units of the last place of the system's`() {
    for step in -69_900...69_900 where step % 7 == 0 {
      let x = Double(step) / 100 + Double(step % 11) / 1e4
      let expected = exp(x)
      #expect(abs(Exponential.of(x) - expected) <= 2 * expected.ulp, "\(x)")
    }
  }

  @Test func `a few have the bits that were worked out by IEEE operations elsewhere`() {
    let known: [(Double, UInt64)] = [
      (-0.3, 0x3FE7B4C869C37C05), (-1.0, 0x3FD78B56362CEF38), (-12.75, 0x3EC858AF84B74310),
      (-345.6, 0x20C52DF10F35391F), (0.1, 0x3FF1AEC7B35A00D4), (27.5, 0x426987A4CAEED87A),
    ]
    for (x, bits) in known { #expect(Exponential.of(x).bitPattern == bits, "\(x)") }
  }

  @Test func `beyond its range it is 0 or infinity, and nothing of nothing`() {
    #expect(Exponential.of(0) == 1 && Exponential.of(-701) == 0 && Exponential.of(-.infinity) == 0)
    #expect(Exponential.of(701) == .infinity && Exponential.of(.infinity) == .infinity && Exponential.of(.nan).isNaN)
  }
}
