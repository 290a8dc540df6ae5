import Checking
import StrictJSON
import Testing

@Suite struct SameReportTests {
  @Test(arguments: Models.references)
  func `the check passes, with the same report for every number of threads and rows of a pass`(_ name: String) throws {
    let model = try Models.reference(name)
    var reports: Set<[UInt8]> = []
    for (threads, chunk) in [(1, 512), (2, 512), (2, 7), (1, 1)] {
      let report = try Check(
        model, CheckOptions(adaptive: true, limit: 24, stops: [3], threads: threads, promptChunk: chunk)
      ).run(Models.madeUp)
      #expect(report.passed && report.failure(path: "") == nil)
      #expect(report.settings.map(\.compared) == Array(repeating: 72, count: 5))
      reports.insert(JSONWriter.canonical(report.json) + Array(report.text.utf8))
    }
    #expect(reports.count == 1)
  }

  @Test func `a trained head's drafts are accepted, most of all in chats`() throws {
    let report = try Check(Models.demo(), CheckOptions(depths: [1, 3], limit: 32)).run(Models.bundled())
    #expect(report.passed)
    for setting in report.settings {
      #expect(try #require(setting.total.share(0)) > 0.6)
      #expect(try #require(setting.acceptance["chat"]?.share(0)) > 0.8)
    }
    #expect(report.settings[1].total.drafted.count == 3)
    #expect(try #require(report.settings[1].total.tokensPerRound) > 2)
  }

  @Test func `other answers have another digest`() throws {
    let model = try Models.reference("qwen3_5_moe")
    let digests = try [[0, 1, 2], [0, 1], [1, 0, 2]].map { order in
      try Check(model, CheckOptions(depths: [1], limit: 8)).run(order.map { Models.madeUp[$0] }).digest
    }
    #expect(Set(digests).count == 3)
  }
}
