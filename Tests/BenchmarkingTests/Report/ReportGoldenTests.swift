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

  @Test func `an axis ends at a round number`() {
    let tops = [0.3, 1, 1.5, 3, 7, 9, 45, 800, 0, .infinity].map(BarChart.ceiling)
    #expect(zip(tops, [0.32, 1, 1.6, 3.2, 8, 10, 60, 800, 1, 1]).allSatisfy { abs($0 - $1) < 1e-9 })
  }
}
