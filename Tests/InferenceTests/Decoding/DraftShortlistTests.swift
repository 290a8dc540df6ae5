import Inference
import Testing

/// Drafts from a part of the vocabulary.
@Suite struct DraftShortlistTests {
  @Test(arguments: Golden.models)
  func `a shortlist changes drafts and no token`(_ name: String) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(20)
    let expected = try DecodingSession(model, threads: 1).run(prompt, limit: 40).decoded
    for depth in [1, 3] {
      let full = try DecodingSession(model, threads: 1).run(prompt, .mtp(depth: depth), limit: 40)
      #expect(full.statistics.draftVocabulary == nil)
      for lowest in [1, 40, 10_000] {
        let session = DecodingSession(model, threads: 2)
        let found = try session.run(prompt, .mtp(depth: depth), limit: 40, draftShortlist: lowest)
        #expect(found.decoded == expected, "\(lowest) ids, depth \(depth)")
        if lowest == 10_000 {
          #expect(found.drafts == full.drafts && found.statistics.draftVocabulary == nil)
        } else {
          let text = Set(prompt.tokens + found.decoded.tokens)
          #expect(found.drafts.joined().allSatisfy { $0 < lowest || text.contains($0) })
          #expect(found.statistics.draftVocabulary == lowest + text.filter { $0 >= lowest }.count)
          if lowest == 1 { #expect(found.drafts != full.drafts) }
        }
      }
    }
  }

  @Test func `forks and later decodings go on with it, and another size begins anew`() throws {
    let model = try Golden.model("qwen3_5_moe")
    let prompt = madeUpPrompt(12)
    let session = DecodingSession(model, threads: 1)
    let first = try session.run(prompt, .mtp(depth: 2), limit: 10, draftShortlist: 30)
    let longer = Prompt(session.tokens + [5, 200, 9])
    let fork = session.fork()
    let found = try session.run(longer, .mtp(depth: 2), limit: 20, draftShortlist: 30)
    #expect(found.drafts == (try fork.run(longer, .mtp(depth: 2), limit: 20, draftShortlist: 30).drafts))
    let fresh = DecodingSession(model, threads: 1)
    #expect(found.decoded == (try fresh.run(longer, .vanilla, limit: 20).decoded))
    #expect(first.statistics.draftVocabulary != nil)
    let again = DecodingSession(model, threads: 1)
    _ = try again.run(prompt, .mtp(depth: 2), limit: 10, draftShortlist: 30)
    #expect(try again.run(longer, .mtp(depth: 2), limit: 20).statistics.draftVocabulary == nil)
  }

  /// Above temperature 0 the drafter's distribution is that of its shortlist; the tokens' stays the target's.
  @Test func `samples are drawn with it`() throws {
    let session = DecodingSession(try Golden.model("qwen3_next_moe"), threads: 1)
    let options = DecodingOptions(
      limit: 60, sampling: Sampling(temperature: 1, seed: 3), draftShortlist: 25)
    let decoding = try session.decode(madeUpPrompt(10), .mtp(depth: 2), options)
    #expect(Array(decoding).count == 60)
    #expect(decoding.statistics.drafted > 0)
  }

  @Test func `a small vocabulary is drafted from whole by default, a large one in part, until somebody says all`() {
    #expect(DraftVocabulary.auto.lowest(of: 4096) == 0 && DraftVocabulary.auto.lowest(of: 65_535) == 0)
    #expect(DraftVocabulary.auto.lowest(of: 248_320) == 31_040)
    #expect(DraftVocabulary.all.lowest(of: 248_320) == 0 && DraftVocabulary.lowest(7).lowest(of: 4096) == 7)
  }

  @Test func `the loss is the smoothed share of tokens outside, and leaves and takes the shortlist at two bounds`() {
    var loss = ShortlistLoss()
    // 1 − (63/64)^n passes a tenth at the seventh token in a row.
    for _ in 0..<6 { loss.observe(isOutside: true) }
    #expect(!loss.isTooHigh && abs(loss.share - 0.090_163) < 1e-5)
    loss.observe(isOutside: true)
    #expect(loss.isTooHigh && abs(loss.share - 0.104_379) < 1e-5)
    // 0.104379 · (63/64)^n passes a twentieth at the 47th token inside.
    for _ in 0..<46 { loss.observe(isOutside: false) }
    #expect(loss.isTooHigh)
    loss.observe(isOutside: false)
    #expect(!loss.isTooHigh)
  }

  /// Random models leave a shortlist of the lowest id all the time.
  @Test(arguments: Golden.models)
  func `a text that leaves the shortlist is drafted from all ids, and no token changes`(_ name: String) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(20)
    let expected = try DecodingSession(model, threads: 1).run(prompt, limit: 120).decoded.tokens
    var options = DecodingOptions(limit: 120, draftShortlist: 1)
    options.measuresShortlist = true
    let decoding = try DecodingSession(model, threads: 1).decode(prompt, .mtp(depth: 2), options)
    #expect(Array(decoding) == expected)
    #expect((0...1).contains(decoding.statistics.shortlistLoss ?? -1))
    // Whether it is taken at the end follows from the share alone.
    let share = decoding.statistics.shortlistLoss ?? 0
    if share > 0.1 { #expect(decoding.statistics.draftVocabulary == nil) }
    if share < 0.05 { #expect(decoding.statistics.draftVocabulary != nil) }
  }

  @Test func `a negative size is refused`() throws {
    let session = DecodingSession(try Golden.model("qwen3_next_moe"), threads: 1)
    let error = #expect(throws: InferenceError.self) {
      try session.decode([1], .mtp(depth: 1), DecodingOptions(limit: 1, draftShortlist: -1))
    }
    #expect(error?.diagnostic.code == "E_DECODING_OPTION")
  }
}
