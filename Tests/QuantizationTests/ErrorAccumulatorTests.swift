import TestSupport
import Foundation
import Quantization
import Testing

@Suite struct ErrorAccumulatorTests {
  private func accumulate(_ a: [Float], _ b: [Float]) -> ErrorAccumulator {
    var accumulator = ErrorAccumulator()
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { accumulator.add(original: a, decoded: $0) } }
    return accumulator
  }

  @Test func `errors are measured as defined`() {
    let same = accumulate([1, 2, 3], [1, 2, 3])
    #expect(same.relativeRMS == 0 && same.largestDifference == 0 && abs(same.cosine - 1) < 1e-15)
    #expect(same.largestDifferenceIndex == nil && same.signalToNoise == .infinity)
    let off = accumulate([3, 4], [3, 2])
    #expect(off.dot == 17 && off.originalSquares == 25 && off.decodedSquares == 13 && off.differenceSquares == 4)
    #expect(off.largestDifference == 2 && off.largestDifferenceIndex == 1 && off.relativeRMS == 0.4)
    #expect(off.largestOriginal == 4 && abs(off.signalToNoise - 10 * log10(25.0 / 4)) < 1e-13)
    #expect(abs(accumulate([1, 0], [0, 1]).cosine) == 0)
  }

  @Test func `zeros and NaN`() {
    #expect(accumulate([], []).cosine == 1 && accumulate([0, 0], [0, 0]).cosine == 1)
    #expect(accumulate([0, 0], [0, 0]).relativeRMS == 0)
    #expect(accumulate([0, 1], [0, 0]).cosine == 0 && accumulate([0, 0], [0, 1]).relativeRMS == .infinity)
    #expect(accumulate([0, 0], [0, 1]).signalToNoise == -.infinity && accumulate([0], [0]).signalToNoise == .infinity)
    var accumulator = accumulate([1, 1], [1, .nan])
    #expect(accumulator.largestDifference.isNaN && accumulator.largestDifferenceIndex == 1)
    let one: [Float] = [5]
    one.withUnsafeBufferPointer { accumulator.add(original: $0, decoded: $0) }
    #expect(accumulator.largestDifference.isNaN && accumulator.signalToNoise.isNaN)
  }

  @Test func `parts in order give the whole`() {
    var random = SplitMix(seed: 21)
    let a = (0..<5000).map { _ in Float(Int(random.next() % 2001)) / 997 - 1 }
    let b = a.map { $0 + Float(Int(random.next() % 101)) / 9_973 }
    let cuts = [0, 16, 17, 1000, 4099, 5000]
    let parts = zip(cuts, cuts.dropFirst()).map { Array(a[$0..<$1]) }
    let others = zip(cuts, cuts.dropFirst()).map { Array(b[$0..<$1]) }
    var inTurn = ErrorAccumulator()
    var merged = ErrorAccumulator()
    for (x, y) in zip(parts, others) {
      x.withUnsafeBufferPointer { x in y.withUnsafeBufferPointer { inTurn.add(original: x, decoded: $0) } }
      merged.merge(accumulate(x, y))
    }
    #expect(inTurn == merged)
    let whole = accumulate(a, b)
    #expect(merged.largestDifferenceIndex == whole.largestDifferenceIndex && merged.elements == 5000)
    #expect(abs(merged.dot - whole.dot) < 1e-9)
  }

  /// The index is that of the first of several largest, in any lane and any part.
  @Test func `first of the largest is named`() {
    for first in [0, 1, 15, 16, 31, 4095, 4096, 5003] {
      for second in [first + 1, first + 16, first + 4096] {
        var x = [Float](repeating: 1, count: 10_000)
        let y = x
        x[first] = 3
        x[second] = -1
        #expect(accumulate(x, y).largestDifferenceIndex == first)
      }
    }
  }

  @Test func `decibels are those of the library`() {
    var random = SplitMix(seed: 3)
    for _ in 0..<10_000 {
      let ratio = Double(bitPattern: random.next() % 0x7FF0_0000_0000_0000)
      guard ratio > 0, ratio.isNormal else { continue }
      // 1 and d with d² = 1 / ratio give the ratio but for rounding.
      let d = Float((1 / ratio).squareRoot())
      guard d.isNormal, d < 1e18, d > 1e-18 else { continue }
      let found = accumulate([1], [1 - d])
      let expected = 10 * log10(found.originalSquares / found.differenceSquares)
      if found.differenceSquares > 0 { #expect(abs(found.signalToNoise - expected) <= 1e-13 + abs(expected) * 1e-15) }
    }
    #expect(accumulate([10, 0], [10, 1]).signalToNoise == 20 && accumulate([1, 0], [1, 10]).signalToNoise == -20)
  }
}
