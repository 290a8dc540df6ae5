import TestSupport
import Inference
import Quantization
import Testing
import Threads

/// Decoding in the fast arithmetic: exact in itself, and close to the canonical one.
@Suite struct FastDecodingTests {
  @Test(.enabled(if: Arithmetic.fast.isAvailable), arguments: Golden.models, ["mxfp4", "affine4", "nvfp4"])
  func `every depth, thread count and prompt chunk gives the tokens and logits of vanilla`(
    _ name: String, _ pipeline: String
  ) throws {
    try withScratchFolder { folder in
      let model = try LoadedModel.open(convert(name, pipeline: pipeline, in: folder))
      let prompt = madeUpPrompt(40)
      let canonical = try DecodingSession(model, threads: 1).run(prompt, limit: 24).decoded
      let expected = try DecodingSession(model, threads: 1, promptChunk: 512, arithmetic: .fast)
        .run(prompt, limit: 24).decoded
      #expect(expected.logits != canonical.logits)
      for threads in [1, 2] {
        for chunk in [1, 7, 512] {
          let session = DecodingSession(model, threads: threads, promptChunk: chunk, arithmetic: .fast)
          for method in [DecodingMethod.vanilla, .adaptive(), .mtp(depth: 1), .mtp(depth: 4), .mtp(depth: 8)] {
            let found = try session.run(prompt, method, limit: 24)
            #expect(found.decoded == expected, "\(method), \(threads) threads, chunks of \(chunk)")
          }
          #expect(try session.fork().run(prompt, limit: 24).decoded == expected)
        }
      }
    }
  }

  @Test func `a machine without it refuses`() throws {
    let model = try Golden.model("qwen3_next_moe")
    let errors = try #require(
      SIMDTier.portable.only {
        [
          refusal {
            _ = try DecodingSession(model, arithmetic: .fast).decode([1], .vanilla, DecodingOptions(limit: 1))
          },
          refusal { _ = try model.trace([1], limit: 1, arithmetic: .fast) },
          refusal { _ = try TextScorer(model, pool: WorkerPool(threads: 1), arithmetic: .fast).logits([1]) },
        ]
      })
    #expect(errors.map { $0?.code } == Array(repeating: "E_ARITHMETIC", count: 3))
  }
}
