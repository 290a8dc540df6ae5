import Foundation
import Inference
import Quantization
import Testing

/// The elementary functions: each tier against the definition, the definition against double precision.
@Suite struct FunctionTests {
  enum Function: String, CaseIterable, Sendable {
    case exp, log, log1p, sigmoid, silu, softplus, sine, cosine

    func reference(_ x: Float) -> Float {
      switch self {
      case .exp: ReferenceFunctions.exp(x)
      case .log: ReferenceFunctions.log(x)
      case .log1p: ReferenceFunctions.log1p(x)
      case .sigmoid: ReferenceFunctions.sigmoid(x)
      case .silu: ReferenceFunctions.silu(x)
      case .softplus: ReferenceFunctions.softplus(x)
      case .sine: ReferenceFunctions.sine(x)
      case .cosine: ReferenceFunctions.cosine(x)
      }
    }

    func apply(_ x: [Float]) -> [Float] {
      var y = [Float](repeating: 0, count: x.count)
      switch self {
      case .exp: Vector.exp(x, count: x.count, into: &y)
      case .log: Vector.log(x, count: x.count, into: &y)
      case .log1p: Vector.log1p(x, count: x.count, into: &y)
      case .sigmoid: Vector.sigmoid(x, count: x.count, into: &y)
      case .silu: Vector.silu(x, count: x.count, into: &y)
      case .softplus: Vector.softplus(x, count: x.count, into: &y)
      case .sine: Vector.sine(x, count: x.count, into: &y)
      case .cosine: Vector.cosine(x, count: x.count, into: &y)
      }
      return y
    }

    func exact(_ x: Double) -> Double {
      switch self {
      case .exp: Foundation.exp(x)
      case .log: Foundation.log(x)
      case .log1p: Foundation.log1p(x)
      case .sigmoid: 1 / (1 + Foundation.exp(-x))
      case .silu: x / (1 + Foundation.exp(-x))
      case .softplus: x > 20 ? x : Foundation.log1p(Foundation.exp(x))
      case .sine: Foundation.sin(x)
      case .cosine: Foundation.cos(x)
      }
    }

    /// Arguments of the stated error, and the error in units of the last place.
    var bound: (range: ClosedRange<Float>, ulps: Double) {
      switch self {
      case .exp: (-103...88.7, 1.5)
      case .log: (.leastNonzeroMagnitude...3e38, 1.5)
      case .log1p: (0...3e38, 2.5)
      case .sigmoid: (-88...88, 3)
      case .silu: (-80...1e4, 3)
      case .softplus: (-80...1e4, 3.5)
      case .sine, .cosine: (-1e5...1e5, 2)
      }
    }
  }

  /// Every size of a float, its special values, and a fine grid near zero.
  private static let arguments: [Float] = {
    var random = Random(7)
    var x: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, 1, -1, 20, 20.000002, 88.72284, 89, -103.97, -104, .leastNonzeroMagnitude,
    ]
    for _ in 0..<20_000 { x.append(Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))) }
    for _ in 0..<20_000 { x.append(random.normal() * 30) }
    for i in -2000...2000 { x.append(Float(i) / 97) }
    return x
  }()

  @Test(arguments: SIMDTier.available, Function.allCases)
  func `every tier is the definition`(tier: SIMDTier, function: Function) {
    let expected = Self.arguments.map(function.reference)
    let found = tier.only { function.apply(Self.arguments) } ?? []
    #expect(firstDifference(found, expected) == nil, "\(tier)")
  }

  @Test(arguments: Function.allCases)
  func `errors are as stated`(function: Function) {
    let (range, ulps) = function.bound
    var random = Random(8)
    var worst = 0.0
    var at: Float = 0
    for i in 0..<400_000 {
      var x = random.normal() * 20
      if i % 3 == 0 { x = Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
      if i % 3 == 1 { x = range.lowerBound + (range.upperBound - range.lowerBound) * Float(i) / 400_000 }
      guard range.contains(x) else { continue }
      let exact = function.exact(Double(x))
      let error = abs(Double(function.reference(x)) - exact) / Double(Float(exact).ulp)
      if error > worst { (worst, at) = (error, x) }
    }
    print("largest error of \(function.rawValue): \(worst) ulp at \(at)")
    #expect(worst <= ulps, "\(worst) at \(at)")
  }

  @Test func `special values are the definition's`() {
    #expect(Vector.exp(.infinity) == .infinity)
    #expect(Vector.exp(-.infinity) == 0)
    #expect(Vector.exp(0) == 1)
    #expect(Vector.exp(.nan).isNaN)
    #expect(Vector.log(0) == -.infinity)
    #expect(Vector.log(1) == 0)
    #expect(Vector.log(-1).isNaN)
    #expect(Vector.log(.infinity) == .infinity)
    #expect(Vector.sigmoid(-1000) == 0)
    #expect(Vector.sigmoid(1000) == 1)
    #expect(Vector.softplus(1000) == 1000)
    #expect(Vector.sine(0) == 0)
    #expect(Vector.cosine(0) == 1)
  }
}
