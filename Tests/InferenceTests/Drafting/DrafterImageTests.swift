import Inference
import TestSupport
import Testing

/// Drafters behind a prompt with an image: they read the trunk's streams of its rows, which no token stands for.
@Suite struct DrafterImageTests {
  private static func ids() throws -> VisionTokens { try VisionTower.open(Repository.demoTrunk).tokens }

  private func image(_ seed: Int) -> VisionRows {
    VisionRows(
      kind: .image, groups: 1, height: 2, width: 3,
      rows: (0..<6).map { row in (0..<256).map { Float((row * 31 + $0 * 17 + seed * 97) % 41 - 20) / 64 } })
  }

  private func prompt(_ seed: Int = 1) throws -> Prompt {
    let ids = try DrafterImageTests.ids()
    let pads = Array(repeating: ids.image, count: 6)
    return try Prompt(
      [7, 300, 41, 95] + pads + [11, 620, 88, 7, 300, 41, 95, 11, 620], visuals: [image(seed)], ids: ids)
  }

  @Test(arguments: [DecodingMethod.dflash(), .dflash(depth: 3), .eagle3(depth: 4), .hybrid(.table), .inTurn])
  func `tokens, logits and states are those of vanilla, in every chunk`(_ method: DecodingMethod) throws {
    let model = try Drafters.demo()
    let prompt = try prompt()
    // Its positions are not those of its rows.
    #expect(prompt.positionDelta != 0)
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(prompt, limit: 40)
    var drafts: [[[Int]]] = []
    // 7 ends in the middle of the image.
    for (chunk, threads) in [(256, 1), (7, 2), (1, 1)] {
      let session = DecodingSession(model, threads: threads, promptChunk: chunk)
      let found = try session.run(prompt, method, limit: 40)
      #expect(found.decoded == expected.decoded && session.stateDigest == plain.stateDigest, "chunk \(chunk)")
      drafts.append(found.drafts)
    }
    #expect(drafts[1] == drafts[0] && drafts[2] == drafts[0] && drafts[0].contains { !$0.isEmpty })
  }

  @Test func `the cache has a row for each row of the image, and another image makes other drafts`() throws {
    let model = try Drafters.demo([Drafters.dflash])
    var drafts: [[[Int]]] = []
    for seed in [1, 2] {
      let session = DecodingSession(model, threads: 1, promptChunk: 7)
      var drafter: DFlashDrafter?
      var rounds: [[Int]] = []
      var context: [Float] = []
      let decoding = try session.decode(
        wrapping: {
          drafter = $0 as? DFlashDrafter
          drafter?.onContext = { rows, count in context += UnsafeBufferPointer(start: rows, count: 256 * count) }
          return $0
        }, prompt(seed), .dflash(), DecodingOptions(limit: 20, onRound: { rounds.append($0.drafts) }))
      while decoding.next() != nil { #expect(drafter?.contextLength == session.tokens.count) }
      #expect(context.count >= 256 * 19 && context.allSatisfy(\.isFinite))
      drafts.append(rounds)
    }
    #expect(drafts[0] != drafts[1])
  }

  @Test func `a second turn with another image drafts as a new session does`() throws {
    let model = try Drafters.demo()
    let ids = try DrafterImageTests.ids()
    let pads = Array(repeating: ids.image, count: 6)
    for method in [DecodingMethod.dflash(), .eagle3(depth: 3)] {
      let session = DecodingSession(model, threads: 1)
      _ = try session.run(try prompt(), method, limit: 9)
      // The image follows the state at once: the row that waits gets another token behind it.
      let longer = try Prompt(
        session.tokens + pads + [3, 1], visuals: [image(1), image(2)], ids: ids)
      let found = try session.run(longer, method, limit: 16)
      let expected = try DecodingSession(model, threads: 1).run(longer, method, limit: 16)
      #expect(found.statistics.reusedRows > 0 && expected.statistics.reusedRows == 0)
      #expect(found.decoded == expected.decoded && found.drafts == expected.drafts)
    }
  }
}
