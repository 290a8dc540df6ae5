import Inference
import StrictJSON
import Testing

/// A DFlash 2 drafter with random weights for the demo's trunk, against z-lab's package (`make_dflash2.py`).
@Suite struct DFlash2DrafterTests {
  static let folder = Drafters.fixtures + "/tiny-dflash2"

  /// 21 tokens, more than the window of the sliding layer, 12.
  private func prompt() throws -> [Int] {
    try #require(try Drafters.golden("demo-dflash").integers("chat-20.prompt_ids"))
  }

  @Test func `streams, outputs and drafts of a block are those of z-lab's package`() throws {
    let golden = try Drafters.golden("tiny-dflash2")
    let session = DecodingSession(try Drafters.demo([DFlash2DrafterTests.folder]), threads: 1)
    var streams: [[Float]] = []
    var drafts: [[Int]] = []
    let decoding = try session.decode(
      wrapping: { drafter in
        (drafter as? DFlashDrafter)?.onLayer = { _, stream, rows in
          streams.append(Array(UnsafeBufferPointer(start: stream, count: rows * 256)))
        }
        return drafter
      }, Prompt(try prompt()), .dflash(), DecodingOptions(limit: 9, onRound: { drafts.append($0.drafts) }))
    for _ in decoding {}
    try #require(streams.count >= 3)
    for layer in 0..<2 {
      #expect(relativeDistance(streams[layer], try golden.floats("layer\(layer)")) < 1e-5, "layer \(layer)")
    }
    #expect(relativeDistance(streams[2], try golden.floats("hidden")) < 1e-5)
    // The likeliest token of each place by itself would be another in five of the seven.
    #expect(drafts.first == [595, 3291, 2799, 729, 2799, 3300, 1677])
    #expect(drafts.first == (try golden.integers("drafts")))
  }

  @Test func `every cap, thread count and prompt chunk gives the tokens, logits and states of vanilla`() throws {
    let model = try Drafters.demo([DFlash2DrafterTests.folder])
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(Prompt(prompt()), limit: 24)
    var first: [[Int]] = []
    for (cap, threads, chunk) in [(1, 1, 7), (2, 2, 1), (5, 2, 40), (7, 1, 256), (9, 2, 256)] {
      let session = DecodingSession(model, threads: threads, promptChunk: chunk)
      let found = try session.run(Prompt(prompt()), .dflash(depth: cap), limit: 24)
      #expect(found.decoded == expected.decoded, "cap \(cap)")
      #expect(session.stateDigest == plain.stateDigest)
      first.append(found.drafts[0])
    }
    // A cap takes the first drafts of the whole block.
    #expect(first.allSatisfy { $0 == Array(first[4].prefix($0.count)) } && first.map(\.count) == [1, 2, 5, 7, 7])
  }

  @Test func `above temperature 0 candidates alone are drafted`() throws {
    let model = try Drafters.demo([DFlash2DrafterTests.folder])
    let decoding = try DecodingSession(model, threads: 1).decode(
      Prompt(try prompt()), .dflash(), DecodingOptions(limit: 40, sampling: Sampling(temperature: 1, seed: 5)))
    #expect(Array(decoding).count == 40)
    try decoding.requireSuccess()
    #expect(decoding.statistics.drafted > 40)
  }

  @Test func `the largest come first, the lower place first among equals, and what is no number before all`() {
    #expect(DFlash2Passes.largest([1, 5, 5, 2, 5, 7], count: 6, 3) == [5, 1, 2])
    #expect(DFlash2Passes.largest([3, 3, 3], count: 3, 2) == [0, 1])
    #expect(DFlash2Passes.largest([3, 9, .nan, 4, 12, 13], count: 6, 2) == [2, 5])
  }
}
