import Testing

import Benchmarking

@Suite struct ImposedAcceptanceTests {
  @Test func `drafts are right as often as imposed, the last chance for further places`() {
    let imposed = ImposedAcceptance(chances: [0.8, 0.5], seed: 3)
    for (place, chance) in [(0, 0.8), (1, 0.5), (4, 0.5)] {
      let right = (0..<4000).count { imposed.isRight(index: $0, place: place) }
      // Four standard deviations.
      #expect(abs(Double(right) / 4000 - chance) < 0.032)
    }
  }

  @Test func `the luck of a place depends on the seed alone`() {
    let draw = { (seed: UInt64) in
      (0..<64).map { ImposedAcceptance(chances: [0.5], seed: seed).isRight(index: $0, place: 0) }
    }
    #expect(draw(1) == draw(1) && draw(1) != draw(2))
    #expect((0..<64).allSatisfy { ImposedAcceptance(chances: [1]).isRight(index: $0, place: 1) })
    #expect(!(0..<64).contains { ImposedAcceptance(chances: [0]).isRight(index: $0, place: 0) })
  }
}
