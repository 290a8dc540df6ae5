import TestSupport
import SystemPackage
import Diagnostics
import StrictJSON
import Testing
import Tokenization

@Suite struct StopTokensTests {
  private func stops(
    generation: JSONValue? = nil, config: JSONValue? = nil, tokenizer: JSONValue? = nil
  ) throws -> [Int] {
    func fields(_ value: JSONValue?) throws -> JSONFields? {
      try value.map { try JSONFields($0, file: "f.json", what: "f") }
    }
    return try StopTokens(
      generation: fields(generation), config: fields(config), tokenizerConfig: fields(tokenizer),
      tokenizer: Fixtures.tokenizer()
    ).ids
  }

  @Test func `the stop tokens are the union of the demo's files`() throws {
    let stops = try StopTokens(folder: FilePath(Fixtures.folder), tokenizer: Fixtures.tokenizer())
    #expect(stops.ids == [4048, 4050])
    #expect(stops.contains(4048) && !stops.contains(4049))
  }

  @Test func `every source counts`() throws {
    #expect(try stops() == [4050])
    #expect(try stops(generation: ["eos_token_id": [1, 2]]) == [1, 2, 4050])
    #expect(try stops(config: ["eos_token_id": 3, "text_config": ["eos_token_id": 4]]) == [3, 4, 4050])
    #expect(try stops(config: ["eos_token_id": nil, "text_config": nil]) == [4050])
    #expect(try stops(tokenizer: ["eos_token": "<|endoftext|>"]) == [4048, 4050])
    #expect(try stops(tokenizer: ["eos_token": ["content": "<think>"]]).count == 2)
    #expect(try stops(tokenizer: ["eos_token": nil]) == [4050])
  }

  @Test func `what is no token is refused`() {
    let sources: [JSONValue] = [
      ["eos_token_id": 4081], ["eos_token_id": -1], ["eos_token_id": "x"], ["eos_token_id": [[1]]],
    ]
    for source in sources {
      #expect(refusal { _ = try stops(generation: source) }?.code == "E_TOKENIZER_STOP_TOKEN")
      #expect(refusal { _ = try stops(config: ["text_config": source]) }?.code == "E_TOKENIZER_STOP_TOKEN")
    }
    #expect(refusal { _ = try stops(tokenizer: ["eos_token": "<none>"]) }?.code == "E_TOKENIZER_STOP_TOKEN")
    #expect(refusal { _ = try stops(tokenizer: ["eos_token": 7]) }?.code == "E_TOKENIZER_STOP_TOKEN")
  }
}
