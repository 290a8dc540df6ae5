import Inference
import Testing

/// What passes cost, and who pays for one that several share.
@Suite struct PassCostTests {
  @Test func `base and slope are found from passes of several sizes`() throws {
    var cost = PassCost()
    for rows in [1, 2, 5, 9, 3, 7] { cost.record(rows: rows, seconds: 0.02 + 0.004 * Double(rows)) }
    let line = try #require(cost.line)
    #expect(abs(line.base - 0.02) < 1e-9 && abs(line.slope - 0.004) < 1e-9)
  }

  @Test func `before anything is known there is no line, and rows pay alike`() {
    let cost = PassCost()
    #expect(cost.line == nil && cost.isUnknown)
    #expect(cost.share(of: 3, in: 12, sharedBy: 2) == 0.25)
    #expect(cost.share(of: 1, in: 0, sharedBy: 1) == 0 && cost.share(of: 1, in: 1, sharedBy: 0) == 0)
  }

  /// 20 ms and 4 ms a row: a pass of 10 rows takes 60 ms. Of four, the one with one row pays 5 + 4, with four rows 5 + 16.
  @Test func `each pays for its rows and a part of the base, and all parts are the whole`() {
    var cost = PassCost()
    for rows in [1, 2, 5, 9, 3, 7] { cost.record(rows: rows, seconds: 0.02 + 0.004 * Double(rows)) }
    #expect(abs(cost.share(of: 1, in: 10, sharedBy: 4) - 9.0 / 60) < 1e-9)
    #expect(abs(cost.share(of: 4, in: 10, sharedBy: 4) - 21.0 / 60) < 1e-9)
    let all = [1, 4, 2, 3].reduce(0.0) { $0 + cost.share(of: $1, in: 10, sharedBy: 4) }
    #expect(abs(all - 1) < 1e-9)
    #expect(abs(cost.share(of: 10, in: 10, sharedBy: 1) - 1) < 1e-9)
  }

  @Test func `passes that become quicker with more rows are taken for equal rows`() throws {
    var cost = PassCost()
    cost.record(rows: 1, seconds: 0.05)
    cost.record(rows: 9, seconds: 0.01)
    let line = try #require(cost.line)
    #expect(line.base >= 0 && line.slope > 0)
  }
}
