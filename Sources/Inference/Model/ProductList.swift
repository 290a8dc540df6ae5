import CKernels
import Threads

/// Matrix products that do not depend on one another, done in one go over all threads: y = W · x for several W and x.
///
/// Each x is brought into the order of the kernels once for all matrices of one format that follow one another.
package struct ProductList {
  /// An x to prepare.
  private struct Preparation {
    let matrix: WeightMatrix
    let x: UnsafePointer<Float>
    let rows: Int
    let place: Int
  }

  private let arithmetic: Arithmetic
  private var products: [MatrixProduct] = []
  /// What keeps the products' memory alive.
  private var matrices: [WeightMatrix] = []
  private var preparations: [Preparation] = []
  private var prepared = FloatBuffer(count: 0)
  private var preparedCount = 0
  private var pieces = 0
  private var pieceNumbers = 0
  /// Bytes of the matrices of all products so far, and their multiplications and additions.
  package private(set) var weightBytes = 0
  /// Multiplications and additions of all products so far.
  package private(set) var operations = 0
  /// Told of each product's matrix, its x, [rows, columns], and the rows, when it is added. It must not come back to the list.
  var onInput: ((WeightMatrix, UnsafePointer<Float>, Int) -> Void)?

  /// - Parameter arithmetic: The arithmetic of all products of the list.
  package init(_ arithmetic: Arithmetic = .canonical) { self.arithmetic = arithmetic }

  /// Empties the list; what was counted stays.
  package mutating func removeAll() {
    products.removeAll(keepingCapacity: true)
    matrices.removeAll(keepingCapacity: true)
    preparations.removeAll(keepingCapacity: true)
    preparedCount = 0
    pieces = 0
    pieceNumbers = 0
  }

  /// Adds y[row, o] = W[o] · x[row]; x is [rows, W.columns], y has `stride` (nil: W.rows) numbers a row.
  package mutating func append(
    _ matrix: WeightMatrix, _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    stride: Int? = nil
  ) {
    onInput?(matrix, x, rows)
    let place = prepare(matrix, x, rows: rows)
    weightBytes += matrix.storedBytes
    // A count of operations, for a rate: beyond what an Int holds nobody waits for its end.
    operations &+= 2 &* rows &* matrix.rows &* matrix.columns
    let grain = WorkerPool.grain(matrix, rows: rows)
    products.append(
      MatrixProduct(
        matrix: matrix.kernel, outputs: matrix.rows, isFast: arithmetic.isFast(matrix), rows: rows, y: y,
        stride: stride ?? matrix.rows, prepared: place, grain: grain, start: pieces))
    matrices.append(matrix)
    pieces += (matrix.rows + grain - 1) / grain
    pieceNumbers = max(pieceNumbers, min(grain, matrix.rows) * rows)
  }

  private mutating func prepare(_ matrix: WeightMatrix, _ x: UnsafePointer<Float>, rows: Int) -> Int {
    if let last = preparations.last, last.x == x, last.rows == rows, last.matrix.format == matrix.format,
      last.matrix.columns == matrix.columns
    {
      return last.place
    }
    let place = preparedCount
    preparations.append(Preparation(matrix: matrix, x: x, rows: rows, place: place))
    // Places are multiples of a cache line.
    preparedCount += (Vector.preparedCount(matrix, rows: rows, arithmetic: arithmetic) + 15) / 16 * 16
    return place
  }

  /// Computes all products of the list, spread over the threads.
  package mutating func run(_ pool: WorkerPool) {
    if prepared.count < preparedCount { prepared = FloatBuffer(count: preparedCount) }
    for item in preparations { prepare(item, into: prepared.pointer + item.place, pool) }
    let isRead = pool.run(
      ProductRun(
        products: products, matrices: matrices, prepared: prepared, pieces: pieces, pieceNumbers: pieceNumbers))
    // A helper that was not waited for may still read what was prepared. It keeps that memory; the next run has another.
    if isRead { prepared = FloatBuffer(count: 0) }
  }

  private func prepare(
    _ item: Preparation, into target: UnsafeMutablePointer<Float>, _ pool: WorkerPool
  ) {
    guard item.rows > 16, pool.threads > 1 else {
      Vector.prepare(item.matrix, item.x, rows: item.rows, into: target, arithmetic: arithmetic)
      return
    }
    let stride = Vector.preparedCount(item.matrix, rows: 1, arithmetic: arithmetic)
    pool.run(count: item.rows, grain: 8) { range, _ in
      Vector.prepare(
        item.matrix, item.x + range.lowerBound * item.matrix.columns, rows: range.count,
        into: target + range.lowerBound * stride, arithmetic: arithmetic)
    }
  }
}
