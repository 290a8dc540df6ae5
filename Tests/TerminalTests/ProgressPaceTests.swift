import Terminal
import Testing
import Threads

/// What a command says of how far it is. The time is given: no clock is asked.
@Suite struct ProgressPaceTests {
  /// The lines of reports at times, each of so much.
  private func lines(
    unit: WorkUnit = .bytes, total: Int = 10_000_000, isDrawn: Bool = false,
    _ reports: [(amount: Int, at: Double)]
  ) -> [String] {
    var pace = ProgressPace("files", total: total, unit, isDrawn: isDrawn, at: 0)
    return reports.compactMap { pace.advanced(by: $0.amount, item: "a", at: $0.at)?.text }
  }

  @Test func `where nothing is drawn over, a line comes every five seconds at most`() {
    // 100 reports in 10 seconds: of the first that is later than 5, and of the first that is later than 5 more.
    let found = lines((1...110).map { (90_000, Double($0) / 10) })
    #expect(found.count == 2, "\(found)")
    #expect(found.first == "files 45% 4.59 MB of 10.00 MB, 900.00 kB/s, 6 s left, a", "\(found)")
  }

  @Test func `short work says nothing in a pipe`() {
    #expect(lines([(5_000_000, 1), (5_000_000, 4.9)]) == [])
  }

  @Test func `on a terminal the line is there at once and drawn ten times a second at most`() {
    let found = lines(isDrawn: true, (0..<100).map { (100_000, Double($0) / 50) })
    #expect(found.first == "files 1% 100.00 kB of 10.00 MB, a")
    #expect((15...20).contains(found.count), "\(found.count)")
  }

  @Test func `work in steps names its first one at once, since a step may take minutes`() {
    let found = lines(unit: .steps, total: 12, [(1, 0.01), (1, 1), (1, 6.01)])
    #expect(found == ["files 1 of 12, a", "files 3 of 12, 27 s left, a"])
  }

  @Test func `a rate over no time is none`() {
    // The first report begins the clock: what was done before it is no part of the rate.
    let found = lines([(9_000_000, 100), (100_000, 105.102041)])
    #expect(
      found == ["files 90% 9.00 MB of 10.00 MB, a", "files 91% 9.10 MB of 10.00 MB, 19.60 kB/s, 45 s left, a"])
    let later = lines([(9_000_000, 3), (500_000, 8)])
    #expect(later == ["files 95% 9.50 MB of 10.00 MB, 100.00 kB/s, 5 s left, a"])
  }

  @Test(arguments: [(-1, 5), (0, 5), (10, 11), (Int.max, Int.max)])
  func `no numbers of a file end the program`(_ total: Int, _ amount: Int) {
    var pace = ProgressPace("x", total: total, .bytes, isDrawn: true, at: 0)
    for second in 1...3 {
      let line = pace.advanced(by: amount, item: "", at: Double(second))
      #expect((0...100).contains(line?.percent ?? -1))
    }
  }
}
