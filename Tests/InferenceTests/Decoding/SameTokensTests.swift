import Inference
import Testing

/// Invariant I1: no way of decoding changes a token, or a bit of its logits.
@Suite struct SameTokensTests {
  /// The heads of the reference models were fitted to these prompts: about half of their drafts are accepted.
  @Test(arguments: Golden.all)
  func `every depth, thread count and prompt chunk gives the tokens and logits of vanilla`(_ golden: Golden) throws {
    let model = try golden.open()
    let prompt = try golden.prompt()
    let expected = try DecodingSession(model, threads: 1, promptChunk: 512).run(prompt, limit: 40).decoded
    #expect(Set(expected.tokens).count > 3)
    let methods: [DecodingMethod] =
      [.vanilla, .adaptive(), .adaptive(maximum: 8)] + (1...8).map { .mtp(depth: $0) }
    for threads in [1, 2] {
      for chunk in [1, 7, 512] {
        let session = DecodingSession(model, threads: threads, promptChunk: chunk)
        for method in methods {
          let found = try session.run(prompt, method, limit: 40)
          #expect(found.decoded == expected, "\(method), \(threads) threads, chunks of \(chunk)")
          if case .mtp(let depth) = method { #expect(found.statistics.accepted > 3, "depth \(depth)") }
        }
      }
    }
  }

  @Test(arguments: Golden.models)
  func `a prompt of one token is decoded`(_ name: String) throws {
    let model = try Golden.model(name)
    let expected = try DecodingSession(model, threads: 1).run([5], limit: 12).decoded
    #expect(try DecodingSession(model, threads: 2).run([5], .mtp(depth: 3), limit: 12).decoded == expected)
  }

  @Test(arguments: Golden.all.filter { ["len17", "text12", "text31"].contains($0.name) })
  func `every limit cuts the same sequence`(_ golden: Golden) throws {
    let model = try golden.open()
    let prompt = try golden.prompt()
    let session = DecodingSession(model, threads: 1)
    let all = try session.run(prompt, limit: 14).decoded.tokens
    for limit in 0...14 {
      for depth in 1...4 {
        let result = try session.run(prompt, .mtp(depth: depth), limit: limit)
        #expect(result.decoded.tokens == Array(all.prefix(limit)))
        #expect(result.statistics.tokens == limit && result.finish == .limit)
      }
    }
  }

  /// Also a stop token that was drafted and accepted, with more accepted tokens behind it.
  @Test(arguments: Golden.all.filter { ["len17", "text12", "text31"].contains($0.name) })
  func `a stop token ends the decoding wherever it stands in a round`(_ golden: Golden) throws {
    let model = try golden.open()
    let prompt = try golden.prompt()
    let vanilla = DecodingSession(model, threads: 1)
    let all = try vanilla.run(prompt, limit: 24).decoded.tokens
    for stop in Set(all) {
      let expected = try vanilla.run(prompt, limit: 24, stops: [stop])
      #expect(expected.finish == .stop(stop) && expected.decoded.tokens.last == stop)
      for depth in [1, 4] {
        let session = DecodingSession(model, threads: 1)
        let found = try session.run(prompt, .mtp(depth: depth), limit: 24, stops: [stop])
        #expect(found.decoded == expected.decoded && found.finish == .stop(stop))
        #expect(session.tokens == vanilla.tokens && session.stateDigest == vanilla.stateDigest)
      }
    }
  }
}
