import Checking
import Digests
import Inference
import StrictJSON
import Testing

/// Decodings of a check share passes, and nothing of that is in its report.
@Suite struct TogetherTests {
  private func report(
    _ model: LoadedModel, _ prompts: [EncodedPrompt], together: Int, memory: Int = 2 << 30
  ) throws -> [UInt8] {
    var options = CheckOptions(depths: [1, 3], adaptive: true, limit: 24, stops: [3, 7, 40], threads: 1)
    options.decoders = [.lookup(), .inTurn]
    options.forced = true
    options.together = together
    options.memory = memory
    let report = try Check(model, options).run(prompts)
    #expect(report.passed)
    return JSONWriter.canonical(report.json) + Array(report.text.utf8)
  }

  @Test(arguments: Models.references)
  func `the report is the same whether decodings follow one another or share passes`(_ name: String) throws {
    let model = try Models.reference(name)
    let alone = try report(model, Models.madeUp, together: 1)
    #expect(try report(model, Models.madeUp, together: 64) == alone)
    #expect(try report(model, Models.madeUp, together: 5) == alone)
  }

  @Test func `so it is with a trained model, and with memory for one decoding at a time`() throws {
    let model = try Models.demo()
    let prompts = try Models.bundled()
    let alone = try report(model, prompts, together: 1)
    #expect(try report(model, prompts, together: 64) == alone)
    #expect(try report(model, prompts, together: 64, memory: 0) == alone)
  }

  /// What the report says of a prompt is what a session by itself gives.
  @Test func `tokens and logits of the report are those of sessions by themselves`() throws {
    let model = try Models.demo()
    let prompts = try Models.bundled(["code", "chat"])
    let report = try Check(model, CheckOptions(depths: [2], limit: 20)).run(prompts)
    #expect(report.prompts.count == prompts.count)
    for (prompt, found) in zip(prompts, report.prompts) {
      var digests: [SHA256Digest] = []
      let options = DecodingOptions(
        limit: 20, onLogits: { digests.append(SHA256Digest.of(UnsafeRawBufferPointer($2))) })
      let tokens = Array(try DecodingSession(model, threads: 1).decode(prompt.prompt, .vanilla, options))
      #expect(found.tokens == tokens && found.logitsDigest == SHA256Digest.of(digests.flatMap(\.bytes)))
    }
  }

  @Test func `a prompt that cannot be decoded ends the check by its own error`() throws {
    let model = try Models.reference("qwen3_next_moe")
    let nothing = Array(repeating: Float.nan, count: model.configuration.hidden)
    var prompts = Models.madeUp
    prompts.insert(
      EncodedPrompt(id: "none", kind: "one", Prompt([1, 2, 3], embeddings: [1: nothing])), at: 1)
    do {
      _ = try Check(model, CheckOptions(depths: [1], limit: 8)).run(prompts)
      Issue.record("nothing was thrown")
    } catch let error as InferenceError {
      #expect(error.diagnostic.code == "E_LOGITS")
    }
  }

  @Test func `a check is stopped between steps`() throws {
    let model = try Models.reference("qwen3_next_moe")
    var asked = 0
    let options = CheckOptions(
      depths: [1], limit: 48,
      isStopped: {
        asked += 1
        return asked > 5
      })
    #expect(throws: CancellationError.self) { try Check(model, options).run(Models.madeUp) }
    #expect(asked == 6)
  }
}
