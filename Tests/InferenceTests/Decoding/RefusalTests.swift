import Diagnostics
import Inference
import Testing

@Suite struct RefusalTests {
  private func code(_ prompt: Prompt, _ method: DecodingMethod = .vanilla, _ options: DecodingOptions) throws -> String?
  {
    let session = DecodingSession(try Golden.model("qwen3_next_moe"), threads: 1)
    let error = #expect(throws: InferenceError.self) { try session.decode(prompt, method, options) }
    return error?.diagnostic.code
  }

  @Test(arguments: [
    Prompt([]), [256], [-1], Prompt([1, 2], positions: [TokenPosition(0)]),
    Prompt([1], positions: [TokenPosition(-1)]), Prompt([1], positions: [TokenPosition(1 << 25)]),
    Prompt([1], positionDelta: -5), Prompt([1], positionDelta: .max), Prompt([1], embeddings: [1: []]),
    Prompt([1], embeddings: [0: [0.5]]),
  ])
  func `a prompt that cannot be run is refused`(_ prompt: Prompt) throws {
    #expect(try code(prompt, .vanilla, DecodingOptions(limit: 4)) == "E_PROMPT")
  }

  @Test(arguments: [DecodingMethod.mtp(depth: 0), .mtp(depth: 9), .optimistic(depth: -1), .adaptive(maximum: 9)])
  func `a depth out of range is refused`(_ method: DecodingMethod) throws {
    #expect(try code([1], method, DecodingOptions(limit: 4)) == "E_DECODING_OPTION")
  }

  @Test(arguments: [
    Sampling(temperature: -1), Sampling(temperature: .nan), Sampling(temperature: .infinity),
    Sampling(temperature: 1e-5), Sampling(temperature: 1, topK: -1), Sampling(temperature: 1, topP: 0),
    Sampling(temperature: 1, topP: 1.1), Sampling(temperature: 1, minP: -0.1), Sampling(temperature: 1, minP: .nan),
  ])
  func `sampling out of range is refused`(_ sampling: Sampling) throws {
    #expect(try code([1], .vanilla, DecodingOptions(limit: 4, sampling: sampling)) == "E_DECODING_OPTION")
  }

  @Test func `a negative limit is refused, 0 gives nothing`() throws {
    #expect(try code([1], .vanilla, DecodingOptions(limit: -1)) == "E_DECODING_OPTION")
    let session = DecodingSession(try Golden.model("qwen3_next_moe"), threads: 1)
    let nothing = try session.decode([1, 2, 3], .mtp(depth: 2), DecodingOptions(limit: 0))
    #expect(Array(nothing).isEmpty && nothing.finish == .limit && session.tokens == [1, 2, 3])
  }
}
