import TestSupport
import Foundation
import StrictJSON
import Testing

import Benchmarking

@Suite struct ReportGoldenTests {
  @Test func `each output of a fixed measurement is always the same`() throws {
    let report = MadeUpReport.report
    let json = String(decoding: JSONWriter.pretty(report.json), as: UTF8.self)
    let outputs = [
      ("bench.json", json), ("bench.csv", report.csv), ("bench.svg", report.svg), ("bench.txt", report.text),
    ]
    for (name, text) in outputs {
      try GoldenText(of: "BenchmarkingTests").expect(text, name)
    }
  }

  @Test func `the document says which layout it has and what is not the model's own`() {
    let json = MadeUpReport.report.json
    #expect(json["verify_runner_bench"]?.intValue == 1 && json["equal"]?.boolValue == false)
    let results = json["results"]?.arrayValue ?? []
    #expect(results.map { $0["imposed"]?.boolValue } == [false, true, true, true, false, true, true, true])
    // 48 of 60, and 36 of the 48.
    #expect(results[1]["acceptance"]?["share"] == .array([JSONValue(.number("0.8000")), JSONValue(.number("0.6000"))]))
    #expect(
      results[1]["acceptance"]?["chance"] == .array([JSONValue(.number("0.8000")), JSONValue(.number("0.7500"))]))
  }

  @Test func `F13 the report says over all classes which way of drafting is fastest, and how its columns are read`() {
    // The root of 1.55 · 0.85, and of 1.5 · 1.5; what is not verified is no candidate.
    let text = MadeUpReport.report.text
    #expect(
      text.contains(
        "over 2 classes (geometric means): mtp-2 1.148 ×, adaptive 1.500 ×; adaptive is fastest, with imposed acceptance"
      ))
    #expect(text.contains("\n×: speed beside vanilla in the same repetition"))
    var slow = MadeUpReport.report
    slow.results = ["vanilla", "mtp-2"].map { MadeUpReport.result($0, "code", $0 == "vanilla" ? 20 : 19) }
    #expect(slow.text.contains("\nmtp-2 0.950 ×; none is faster than decoding without drafts\n"))
    slow.results = [MadeUpReport.result("vanilla", "code", 20)]
    #expect(!slow.text.contains("fastest") && !slow.text.contains("none is faster"))
  }

  @Test(arguments: [(nil, false), (0.99, false), (1.0, true), (7.5, true), (Double.nan, false)] as [(Double?, Bool)])
  func `F13 a machine that others use is said to be busy`(_ load: Double?, _ isBusy: Bool) {
    var report = MadeUpReport.report
    report.load = load
    #expect(report.text.contains("\nBUSY: load ") == isBusy)
  }

  @Test func `imposed acceptance is named in every output`() {
    let report = MadeUpReport.report
    #expect(report.text.contains("IMPOSED") && report.text.contains("mtp-2 (imposed)"))
    #expect(report.csv.split(separator: "\n")[2].contains(",imposed,") && report.svg.contains("acceptance imposed"))
  }

  @Test func `a table keeps commas and quotes, a picture keeps markup out of names`() {
    #expect(BenchReport.quoted("a,b") == "\"a,b\"" && BenchReport.quoted("say \"x\"") == "\"say \"\"x\"\"\"")
    #expect(BenchReport.quoted("plain") == "plain" && BenchReport.quoted("a\r\nb") == "\"a\r\nb\"")
    let svg = MadeUpReport.report.svg
    #expect(svg.contains("Made-up &amp; Sons &lt;X&gt;") && !svg.contains("<X>"))
  }

  @Test func `F13 a picture says which model it is of, and how far each speed spreads`() {
    var report = MadeUpReport.report
    #expect(!report.svg.contains("My-Tune"))
    report.name = "My-Tune-mxfp4"
    #expect(report.svg.contains(">My-Tune-mxfp4: Made-up &amp; Sons"))
    #expect(report.text.contains("\nMy-Tune-mxfp4: qwen3_5, 8 layers"))
    // A line for each bar of a speed, none for shares of drafts.
    let lines = report.svg.components(separatedBy: "<line class=\"range\"").count - 1
    #expect(lines == report.results.count)
  }

  @Test func `an axis ends at a round number`() {
    let tops = [0.3, 1, 1.5, 3, 7, 9, 45, 800, 0, .infinity].map(BarChart.ceiling)
    #expect(zip(tops, [0.32, 1, 1.6, 3.2, 8, 10, 60, 800, 1, 1]).allSatisfy { abs($0 - $1) < 1e-9 })
  }
}
