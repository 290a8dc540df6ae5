import Foundation
import Inference
import Testing
import Threads

/// Products whose caller does not wait for helpers that lost their core.
@Suite struct LateHelperTests {
  /// More threads than processors: some are always without a core. How many are dismissed is the machine's affair; that
  /// a dismissed one is safe is held one step at a time in `DetachableWorkTests`.
  @Test func `products are the same when helpers are late`() throws {
    let pool = WorkerPool(threads: 4 * ProcessInfo.processInfo.activeProcessorCount)
    let (rows, columns) = (960, 1024)
    let w = try RandomMatrix(.mxfp4, rows: rows, columns: columns).matrix
    var random = Random(11)
    var list = ProductList()
    // Each round has another x in the same memory: a late helper's numbers would be those of another round.
    for round in 0..<200 {
      let m = 1 + round % 5
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
      #expect(isRight, "round \(round)")
    }
  }
}
