import Benchmarking
import Testing

@Suite struct RegretTests {
  /// A report over two classes, with other speeds.
  private func report(_ speeds: [(decoder: String, code: Double, prose: Double)]) -> BenchReport {
    var report = MadeUpReport.report
    report.prompts = [.init(id: "c", kind: "code", tokens: 3), .init(id: "p", kind: "prose", tokens: 3)]
    report.results = speeds.flatMap { speed in
      [("code", speed.code), ("prose", speed.prose)].map { MadeUpReport.result(speed.decoder, $0.0, $0.1) }
    }
    return report
  }

  @Test func `the hybrid is held against the best decoder that always does the same, on each class`() {
    let report = report([
      ("vanilla", 20, 20), ("mtp-2", 30, 18), ("dflash-4", 40, 10), ("adaptive", 60, 60), ("optimistic-2", 80, 80),
      ("hybrid", 38, 21),
    ])
    #expect(report.regrets.map(\.kind) == ["code", "prose"])
    #expect(report.regrets.map(\.best) == ["dflash-4", "vanilla"])
    #expect(abs(report.regrets[0].share - 0.05) < 1e-9 && abs(report.regrets[1].share + 0.05) < 1e-9)
    #expect(report.text.contains("regret") && report.json["regret"]?.arrayValue?.count == 2)
  }

  @Test func `without a hybrid there is no regret`() {
    let report = report([("vanilla", 20, 20), ("mtp-2", 30, 18)])
    #expect(report.regrets.isEmpty && report.json["regret"] == nil && !report.text.contains("regret"))
  }
}
