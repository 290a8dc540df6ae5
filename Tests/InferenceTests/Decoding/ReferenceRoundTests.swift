import Inference
import Testing

@Suite struct ReferenceRoundTests {
  /// Drafts, accepted counts and tokens of every round.
  @Test(arguments: Golden.all)
  func `rounds of MTP decoding are those of the reference`(_ golden: Golden) throws {
    let document = try golden.document()
    let expected = (document["mtp_rounds"]?.arrayValue ?? []).map { round in
      DecodingRound(
        knownTokens: round["known_tokens"]?.intValue ?? 0, drafts: round.integers("drafts"),
        accepted: round["accepted"]?.intValue ?? 0, emitted: round.integers("emitted"),
        drafter: round.integers("drafts").isEmpty ? nil : .mtp)
    }
    let depth = try #require(expected.map(\.drafts.count).max())
    let tokens = expected.reduce(1) { $0 + $1.emitted.count }
    let session = DecodingSession(try golden.open())
    var rounds: [DecodingRound] = []
    // Room behind the last round, so that no draft is cut by the limit.
    let options = DecodingOptions(limit: tokens + depth + 1, onRound: { rounds.append($0) })
    let decoding = try session.decode(golden.prompt(), .mtp(depth: depth), options)
    for _ in decoding {}
    #expect(expected.count > 3)
    #expect(Array(rounds.prefix(expected.count)) == expected)
  }
}
