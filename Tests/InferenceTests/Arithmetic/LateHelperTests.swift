import Foundation
import Inference
import Testing

/// Products whose caller does not wait for helpers that lost their core.
@Suite struct LateHelperTests {
  /// More threads than processors: some are always without a core.
  @Test func `products are the same when helpers are late`() throws {
    let pool = WorkerPool(threads: 4 * ProcessInfo.processInfo.activeProcessorCount)
    let (rows, columns) = (960, 1024)
    let w = try RandomMatrix(.mxfp4, rows: rows, columns: columns).matrix
    var random = Random(11)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(60)
    var rounds = 0
    var list = ProductList()
    // Each round has another x in the same memory: a late helper's numbers would be those of another round.
    while rounds < 200 || (pool.dismissed < 20 && clock.now < end) {
      let m = 1 + rounds % 5
      let x = random.normals(m * columns)
      var y = [Float](repeating: 0, count: m * rows)
      x.withUnsafeBufferPointer { x in
        y.withUnsafeMutableBufferPointer { y in
          guard let x = x.baseAddress, let y = y.baseAddress else { return }
          list.removeAll()
          list.append(w, x, rows: m, into: y)
          list.run(pool)
        }
      }
      var expected = [Float](repeating: 0, count: m * rows)
      Vector.multiply(w, outputRows: 0..<rows, x, rows: m, into: &expected, yStride: rows)
      let isRight = y == expected
      #expect(isRight, "round \(rounds)")
      rounds += 1
    }
    #expect(pool.dismissed >= 20)
  }

  @Test func `a piece is either put in its place or taken back`() {
    let desk = HelperDesk()
    let run: UInt64 = 5 << 17
    #expect(desk.takeBack(run: run) == nil)
    desk.begin(7, run: run)
    #expect(desk.takeBack(run: run + (1 << 17)) == nil)
    #expect(desk.takeBack(run: run) == 7)
    #expect(!desk.claim(run: run))
    desk.begin(8, run: run)
    #expect(desk.claim(run: run))
    #expect(desk.takeBack(run: run) == nil)
    desk.end()
    #expect(desk.takeBack(run: run) == nil)
  }
}
