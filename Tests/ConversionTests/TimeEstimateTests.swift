import Conversion
import StrictJSON
import Testing

/// Times in `plan`: bytes over rates that are told, never measured.
@Suite struct TimeEstimateTests {
  private func estimate(_ input: Int, _ output: Int, check: (passes: Int, bytes: Int)? = nil) -> TimeEstimate {
    TimeEstimate(inputBytes: input, outputBytes: output, check: check, .init(files: 1_000_000, weights: 10_000_000))
  }

  @Test func `the inputs are read twice and the package is written once, and seconds are rounded upwards`() {
    let found = estimate(10_000_000, 5_000_001, check: (7, 99_000_001))
    #expect(found.bytesRead == 20_000_000 && found.bytesWritten == 5_000_001)
    #expect(found.seconds == 26)
    #expect(found.checkSeconds == 10)
    #expect(
      found.lines == [
        "time          about 26 s, an estimate: 20.00 MB to read and 5.00 MB to write at 1.00 MB per second (--throughput)",
        "check time    at most 10 s, an estimate: 7 passes over 99.00 MB at 10.00 MB per second (--bandwidth)",
      ])
    #expect(found.json["seconds"] == 26 && found.json["check_seconds_at_most"] == 10)
  }

  @Test func `without a check there is no time for it`() {
    let found = estimate(0, 0)
    #expect(found.seconds == 0 && found.checkSeconds == nil && found.lines.count == 1)
    #expect(found.json["check_seconds_at_most"] == .null)
  }

  @Test(arguments: [
    (0, "0 s"), (119, "119 s"), (120, "2 min"), (121, "3 min"), (7_140, "119 min"), (7_141, "2 h 0 min"),
    (11_100, "3 h 5 min"),
  ]) func `long times are in minutes and hours`(_ seconds: Int, _ words: String) {
    #expect(estimate(0, seconds * 1_000_000).lines.first?.contains("about \(words), an estimate") == true)
  }

  @Test func `sizes that nobody has and rates of nothing end no program`() {
    let found = TimeEstimate(
      inputBytes: .max, outputBytes: .max, check: (Int.max, Int.max), .init(files: 0, weights: -1))
    #expect(found.seconds == Int.max && found.checkSeconds == Int.max && found.lines.count == 2)
  }

  @Test func `a plan has times only where it is given rates`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([])
      var report = try shop.open().report
      #expect(report.json["estimate"] == nil && !report.text(everyTensor: false).contains("time  "))
      report.rates = .init(files: 1000, weights: 1000)
      let estimate = try #require(report.json["estimate"])
      #expect(estimate["bytes_read"]?.intValue == 2 * (report.json["input_bytes"]?.intValue ?? 0))
      #expect(estimate["bytes_written"] == report.json["output_bytes"])
      #expect(report.text(everyTensor: false).contains("\ntime          about "))
    }
  }
}
