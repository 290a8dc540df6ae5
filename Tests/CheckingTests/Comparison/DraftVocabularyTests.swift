import Checking
import Inference
import Testing

/// A check drafts from the ids that it is told to, and says so.
@Suite struct DraftVocabularyTests {
  private func report(measures: Bool) throws -> CheckReport {
    // Only the ids of the text, which answers leave with every new word.
    var options = CheckOptions(depths: [1], limit: 48, draftShortlist: 1)
    options.measuresShortlist = measures
    return try Check(Models.demo(), options).run(Models.bundled(["chat", "prose"]))
  }

  @Test func `where the text leaves the shortlist too often, all ids are drafted from, and more drafts are accepted`()
    throws
  {
    let (kept, measured) = (try report(measures: false), try report(measures: true))
    #expect(kept.passed && measured.passed)
    #expect(kept.prompts.map(\.tokens) == measured.prompts.map(\.tokens))
    let (few, more) = (kept.settings[0].total.share(0), measured.settings[0].total.share(0))
    #expect(try #require(more) > #require(few))
    #expect(measured.text.contains("of all ids while the text leaves these too often"))
    #expect(!kept.text.contains("of all ids while"))
  }

  @Test func `auto measures, and the others do not`() throws {
    let model = try Models.demo()
    var options = CheckOptions()
    options.draft(from: .auto, of: model)
    // A small vocabulary is drafted from whole.
    #expect(options.measuresShortlist && options.draftShortlist == 0)
    options.draft(from: .lowest(30), of: model)
    #expect(!options.measuresShortlist && options.draftShortlist == 30)
  }
}
