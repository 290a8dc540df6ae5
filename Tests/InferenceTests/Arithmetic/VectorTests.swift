import Inference
import Quantization
import Testing

/// Reductions, attention, convolution and the delta rule: each tier against the definition.
@Suite struct VectorTests {
  private static let counts = [0, 1, 15, 16, 17, 64, 100, 256, 1000]

  @Test(arguments: SIMDTier.available)
  func `reductions are the definition`(tier: SIMDTier) throws {
    for count in Self.counts {
      var random = Random(UInt64(count) + 1)
      let a = random.normals(count)
      let b = random.normals(count)
      let found = try #require(
        tier.only {
          [
            Vector.dot(a, b, count: count), Vector.sum(a, count: count), Vector.squares(a, count: count),
            Vector.maximum(a, count: count),
          ]
        })
      let expected = [
        ReferenceVector.dot(a, b, count: count), ReferenceVector.sum(a, count: count),
        ReferenceVector.dot(a, a, count: count), ReferenceVector.maximum(a, count: count),
      ]
      #expect(bits(found) == bits(expected), "\(tier) \(count)")
      #expect(expected[3] == a.max() ?? -.infinity)
    }
  }

  @Test(arguments: SIMDTier.available)
  func `norms are the definition`(tier: SIMDTier) {
    for count in Self.counts where count > 0 {
      var random = Random(UInt64(count) + 2)
      let x = random.normals(count)
      let weight = random.normals(count)
      for weight in [weight, nil] {
        var y = [Float](repeating: 0, count: count)
        var expected = y
        _ = tier.only { Vector.rmsNorm(x, weight: weight, count: count, epsilon: 1e-6, into: &y) }
        ReferenceVector.rmsNorm(x, weight: weight, count: count, epsilon: 1e-6, into: &expected)
        #expect(firstDifference(y, expected) == nil, "\(tier) \(count)")
      }
      var y = x
      _ = tier.only { Vector.softmax(&y, count: count) }
      var expected = x
      ReferenceVector.softmax(&expected, count: count)
      #expect(firstDifference(y, expected) == nil, "\(tier) \(count)")
      #expect(abs(y.reduce(0, +) - 1) < 1e-5)
    }
  }

  @Test(arguments: SIMDTier.available)
  func `elementwise functions are the definition`(tier: SIMDTier) {
    for count in Self.counts {
      var random = Random(UInt64(count) + 3)
      let x = random.normals(count)
      let y = random.normals(count)
      var found = [y, y, y, y, y]
      _ = tier.only {
        Vector.add(x, count: count, to: &found[0])
        Vector.add(x, times: 0.7, count: count, to: &found[1])
        Vector.scale(&found[2], by: 0.7, count: count)
        Vector.gateSigmoid(&found[3], gate: x, count: count)
        Vector.gateSilu(x, up: y, count: count, into: &found[4])
      }
      let expected = [
        x.indices.map { y[$0] + x[$0] }, x.indices.map { y[$0].addingProduct(0.7, x[$0]) }, y.map { $0 * 0.7 },
        x.indices.map { y[$0] * ReferenceFunctions.sigmoid(x[$0]) },
        x.indices.map { ReferenceFunctions.silu(x[$0]) * y[$0] },
      ]
      for (a, b) in zip(found, expected) { #expect(firstDifference(a, b) == nil, "\(tier) \(count)") }
    }
  }

  @Test(arguments: SIMDTier.available)
  func `attention is the definition`(tier: SIMDTier) {
    for (dimension, positions) in [(256, 1), (256, 37), (64, 5), (128, 130), (40, 6), (17, 9)] {
      let stride = dimension * 2 + 3
      var random = Random(9)
      let query = random.normals(dimension)
      let keys = random.normals(stride * positions)
      let values = random.normals(stride * positions)
      var scratch = [Float](repeating: 0, count: positions)
      var y = [Float](repeating: 0, count: dimension)
      var expected = y
      _ = tier.only {
        Vector.attend(
          query: query, keys: keys, values: values, headDimension: dimension, stride: stride, positions: positions,
          scale: 0.0625, into: &y, scratch: &scratch)
      }
      ReferenceVector.attend(
        query: query, keys: keys, values: values, headDimension: dimension, stride: stride, positions: positions,
        scale: 0.0625, into: &expected, scratch: &scratch)
      #expect(firstDifference(y, expected) == nil, "\(tier) \(dimension) \(positions)")
    }
  }

  @Test(arguments: SIMDTier.available)
  func `the convolution is the definition`(tier: SIMDTier) {
    for count in [1, 16, 50, 512] {
      var random = Random(10)
      let window = random.normals(4 * (count + 3))
      let weights = random.normals(4 * count)
      var y = [Float](repeating: 0, count: count)
      var expected = y
      _ = tier.only {
        Vector.convolve(window, stride: count + 3, taps: 4, weights: weights, count: count, into: &y)
      }
      ReferenceVector.convolve(window, stride: count + 3, taps: 4, weights: weights, count: count, into: &expected)
      #expect(firstDifference(y, expected) == nil, "\(tier) \(count)")
    }
  }

  @Test func `rotation keeps the rest and the length`() {
    var random = Random(12)
    let x = random.normals(24)
    let angles = random.normals(8)
    let cosines = angles.map { Vector.cosine($0) }
    let sines = angles.map { Vector.sine($0) }
    var y = x
    Vector.rotate(&y, rotaryDimension: 16, cosines: cosines, sines: sines)
    #expect(Array(y[16...]) == Array(x[16...]))
    for f in 0..<8 {
      #expect(abs(y[f] - (x[f] * cosines[f] - x[f + 8] * sines[f])) < 1e-6)
      #expect(abs(y[f + 8] - (x[f + 8] * cosines[f] + x[f] * sines[f])) < 1e-6)
    }
  }

  @Test func `argmax is the first of the largest`() {
    #expect(Vector.argmax([1, 3, 3, 2], count: 4) == 1)
    #expect(Vector.argmax([.nan, -1, 5], count: 3) == 2)
    #expect(Vector.argmax([-.infinity], count: 1) == 0)
  }
}
