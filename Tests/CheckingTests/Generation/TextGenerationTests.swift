import Checking
import Inference
import Testing
import Tokenization

@Suite struct TextGenerationTests {
  @Test func `an answer ends at its stop token, which is not text, the same at every depth`() throws {
    let model = try Models.demo()
    let encoder = PromptEncoder(folder: model.path)
    let tokenizer = try encoder.tokenizer()
    let prompt = try ChatRequest(user: "What is 5 * 11?").encode(encoder.template(), tokenizer)
    let stops = Set(try StopTokens(folder: model.path, tokenizer: tokenizer).ids)
    var texts: Set<String> = []
    for method in [DecodingMethod.vanilla, .mtp(depth: 1), .mtp(depth: 4), .adaptive()] {
      var generation = try TextGeneration(
        DecodingSession(model), tokenizer: tokenizer, prompt: Prompt(prompt), method,
        DecodingOptions(limit: 96, stops: stops))
      var text = ""
      while let piece = generation.next() { text += piece }
      let last = try #require(generation.tokens.last)
      #expect(stops.contains(last) && generation.finish == .stop(last))
      #expect(generation.tokens.dropLast().allSatisfy { !stops.contains($0) })
      #expect(text == tokenizer.decode(generation.tokens.dropLast(), skipSpecial: true))
      texts.insert(text)
    }
    #expect(texts.count == 1)
    #expect(texts.first?.contains("55") == true)
  }

  @Test func `the limit ends a text in the middle, with what is certain of its last character`() throws {
    let model = try Models.demo()
    let tokenizer = try PromptEncoder(folder: model.path).tokenizer()
    for limit in [0, 1, 7] {
      var generation = try TextGeneration(
        DecodingSession(model), tokenizer: tokenizer, prompt: [5, 17, 203], .mtp(depth: 3),
        DecodingOptions(limit: limit))
      var text = ""
      while let piece = generation.next() { text += piece }
      #expect(generation.tokens.count == limit && generation.finish == .limit)
      #expect(text == tokenizer.decode(generation.tokens, skipSpecial: true))
    }
  }
}
