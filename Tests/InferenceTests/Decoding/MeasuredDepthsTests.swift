import Inference
import Testing

/// What a session has measured of depths outlives a decoding at a fixed depth.
@Suite struct MeasuredDepthsTests {
  @Test func `a decoding at a fixed depth leaves what adaptive depth has measured`() throws {
    let session = DecodingSession(try Golden.model("qwen3_next_moe"), threads: 1)
    let prompt = madeUpPrompt(12)
    for method in [DecodingMethod.adaptive(maximum: 2), .mtp(depth: 2), .vanilla] {
      _ = try session.run(prompt, method, limit: 16)
      #expect(Set(session.learned.keys) == [.adaptive(maximum: 2)], "\(method)")
    }
    session.forget()
    #expect(session.learned.isEmpty)
  }
}
