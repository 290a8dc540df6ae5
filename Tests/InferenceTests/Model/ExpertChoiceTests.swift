import Inference
import Testing

/// Which experts a router chooses: ties are frequent in bf16, and every reader must break them alike.
@Suite struct ExpertChoiceTests {
  private func chosen(_ values: [Float], _ count: Int) -> [Int] {
    var found: [Int] = []
    TextEngine.selectLargest(values, of: values.count, count: count) { rank, index in
      if rank == found.count { found.append(index) }
    }
    return found
  }

  @Test func `the largest come first, the lower number first among equals`() {
    #expect(chosen([0.1, 0.3, 0.3, 0.2, 0.3], 3) == [1, 2, 4])
    #expect(chosen([0.1, 0.3, 0.3, 0.2, 0.3], 2) == [1, 2])
    #expect(chosen([0.3, 0.1, 0.5, 0.3, 0.5], 4) == [2, 4, 0, 3])
  }

  @Test func `equal values everywhere give the first experts`() {
    #expect(chosen(Array(repeating: 0.25, count: 9), 4) == [0, 1, 2, 3])
  }

  /// Few different values, so that most choices are between equals.
  @Test func `a choice is what a stable sort gives`() {
    var state: UInt64 = 3
    for count in 1...10 {
      let values = (0..<64).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 61)
      }
      let sorted = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
      #expect(chosen(values, count) == Array(sorted.prefix(count)))
    }
  }
}
