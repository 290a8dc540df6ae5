import Batching
import Testing

/// How many rows a step may have.
@Suite struct StepPaceTests {
  @Test func `before anything is known a step is small`() {
    #expect(StepPace().rows(in: 0.15, most: 256) == 16)
    #expect(StepPace().rows(in: 0.15, most: 4) == 4)
  }

  @Test func `from steps that cost 30 ms and 1 ms a row, 150 ms hold 120 rows`() {
    var pace = StepPace()
    for rows in [1, 16, 33, 64, 16, 100] { pace.record(rows: rows, seconds: 0.03 + 0.001 * Double(rows)) }
    #expect((119...120).contains(pace.rows(in: 0.15, most: 256)))
    #expect(pace.rows(in: 0.15, most: 50) == 50)
    #expect(pace.rows(in: 0.01, most: 256) == 1)
  }

  @Test func `steps that were all alike count each row for its share`() {
    var pace = StepPace()
    for _ in 0..<9 { pace.record(rows: 10, seconds: 0.05) }
    #expect((29...30).contains(pace.rows(in: 0.15, most: 256)))
  }

  @Test func `times that are none are not counted`() {
    var pace = StepPace()
    for seconds in [0, -1, Double.nan, .infinity] { pace.record(rows: 4, seconds: seconds) }
    pace.record(rows: 0, seconds: 1)
    #expect(pace.rows(in: 0.15, most: 256) == 16)
  }

  @Test func `a machine that became slower gives fewer rows soon`() {
    var pace = StepPace()
    for rows in 1...40 { pace.record(rows: rows, seconds: 0.001 * Double(rows)) }
    let before = pace.rows(in: 0.1, most: 1000)
    for rows in 1...40 { pace.record(rows: rows, seconds: 0.01 * Double(rows)) }
    #expect(before > 95 && pace.rows(in: 0.1, most: 1000) < 20)
  }
}
