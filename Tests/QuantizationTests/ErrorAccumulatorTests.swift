import Quantization
import Testing

@Suite struct ErrorAccumulatorTests {
  private func accumulate(_ a: [Float], _ b: [Float]) -> ErrorAccumulator {
    var accumulator = ErrorAccumulator()
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { accumulator.add(original: a, decoded: $0) } }
    return accumulator
  }

  @Test func measures() {
    let same = accumulate([1, 2, 3], [1, 2, 3])
    #expect(same.relativeRMS == 0 && same.largestDifference == 0 && abs(same.cosine - 1) < 1e-15)
    let off = accumulate([3, 4], [3, 2])
    #expect(off.dot == 17 && off.originalSquares == 25 && off.decodedSquares == 13 && off.differenceSquares == 4)
    #expect(off.largestDifference == 2 && off.relativeRMS == 0.4)
    #expect(abs(accumulate([1, 0], [0, 1]).cosine) == 0)
  }

  @Test func zerosAndNaN() {
    #expect(accumulate([], []).cosine == 1 && accumulate([0, 0], [0, 0]).cosine == 1)
    #expect(accumulate([0, 0], [0, 0]).relativeRMS == 0)
    #expect(accumulate([0, 1], [0, 0]).cosine == 0 && accumulate([0, 0], [0, 1]).relativeRMS == .infinity)
    var accumulator = accumulate([1, 1], [1, .nan])
    #expect(accumulator.largestDifference.isNaN)
    let one: [Float] = [5]
    one.withUnsafeBufferPointer { accumulator.add(original: $0, decoded: $0) }
    #expect(accumulator.largestDifference.isNaN)
  }
}
