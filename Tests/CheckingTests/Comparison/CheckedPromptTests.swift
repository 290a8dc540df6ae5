import Checking
import Inference
import StrictJSON
import Testing

/// What a check keeps of each prompt, so that one that was stopped goes on.
@Suite struct CheckedPromptTests {
  private func options() -> CheckOptions {
    var options = CheckOptions(depths: [1, 2], limit: 8, threads: 2)
    options.forced = true
    return options
  }

  @Test func `B6 a check that goes on from kept prompts reports the same, and decodes the others alone`() throws {
    let model = try Models.demo()
    let prompts = try BundledPrompts.spread(3).map(PromptEncoder(folder: model.path).encode)
    let check = Check(model, options())
    var records: [JSONValue] = []
    let whole = try check.run(prompts) { records.append($0.json) }
    #expect(records.count == 3)
    for kept in 0...3 {
      var decoded: [String] = []
      let before = check.read(Array(records.prefix(kept)), of: prompts)
      #expect(before.count == kept)
      let report = try check.run(prompts, resuming: before) { decoded.append($0.report.id) }
      #expect(decoded == prompts.dropFirst(kept).map(\.id))
      #expect(JSONWriter.canonical(report.json) == JSONWriter.canonical(whole.json))
    }
  }

  @Test func `B6 records of other prompts, other ways of decoding or another form are not believed`() throws {
    let model = try Models.demo()
    let prompts = try BundledPrompts.spread(2).map(PromptEncoder(folder: model.path).encode)
    let check = Check(model, options())
    var records: [JSONValue] = []
    _ = try check.run(prompts) { records.append($0.json) }
    #expect(check.read(records, of: prompts).count == 2)
    #expect(check.read(records.reversed(), of: prompts).isEmpty)
    #expect(check.read([records[0], .object([])], of: prompts).count == 1)
    var other = options()
    other.forced = false
    #expect(Check(model, other).read(records, of: prompts).isEmpty)
  }
}
