import Foundation
import Inference
import Testing

/// Against the system's functions, which differ from the exact values by less than one unit of the last place.
@Suite struct DoubleFunctionTests {
  private func units(_ found: Double, _ expected: Double) -> Double { abs(found - expected) / expected.ulp }

  @Test func `logarithm, exponential and power are within four units of the last place`() {
    for i in 1..<2000 {
      let x = Double(i) * 0.173 + 1e-3
      // Near 1 the logarithm is near 0 and its relative error may be larger.
      if abs(x - 1) > 0.01 { #expect(units(DoubleFunctions.logarithm(x), Foundation.log(x)) < 4, "log \(x)") }
      let y = Double(i - 1000) * 0.31
      #expect(units(DoubleFunctions.exponential(y), Foundation.exp(y)) < 4, "exp \(y)")
    }
    for i in 0..<64 {
      let power = DoubleFunctions.power(1e7, Double(i) / 64)
      #expect(abs(power / Foundation.pow(1e7, Double(i) / 64) - 1) < 1e-14)
    }
  }

  @Test func `sine and cosine are exact to 1e-15 up to a million`() {
    for i in 0..<4000 {
      for x in [Double(i) * 0.37, Double(i) * 261.7, Double(i) * -12.9, Double(Float(i) * 77.3)] {
        #expect(abs(DoubleFunctions.sine(x) - Foundation.sin(x)) < 1e-15, "sin \(x)")
        #expect(abs(DoubleFunctions.cosine(x) - Foundation.cos(x)) < 1e-15, "cos \(x)")
      }
    }
  }
}
