import Checking
import Inference
import Testing

@Suite struct AcceptanceCountTests {
  @Test func `drafts count at their place, and only up to the end of the answer`() {
    var count = AcceptanceCount()
    count.enter(DecodingRound(knownTokens: 10, drafts: [1, 2, 3], accepted: 3, emitted: [1, 2, 3, 4]), end: 20)
    count.enter(DecodingRound(knownTokens: 14, drafts: [5, 6, 7], accepted: 1, emitted: [5, 8]), end: 20)
    #expect(count.drafted == [2, 2, 2] && count.accepted == [2, 1, 1])
    #expect(count.rounds == 2 && count.tokensPerRound == 3)
    #expect(count.share(0) == 1 && count.share(1) == 0.5 && count.share(3) == nil)
    // Tokens 16 and 17 count, 18 is behind the end.
    count.enter(DecodingRound(knownTokens: 16, drafts: [1, 2, 3], accepted: 3, emitted: [1, 2, 3, 4]), end: 18)
    #expect(count.drafted == [3, 3, 2] && count.accepted == [3, 2, 1] && count.tokens == 8)
    count.enter(DecodingRound(knownTokens: 18, drafts: [1], accepted: 1, emitted: [1, 2]), end: 18)
    #expect(count.rounds == 3)
  }
}
