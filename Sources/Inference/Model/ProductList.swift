import CKernels

/// Matrix products that do not depend on one another, done in one go over all threads: y = W · x for several W and x.
///
/// Each x is brought into the order of the kernels once for all matrices of one format that follow one another.
struct ProductList {
  /// Without references, so that threads that take pieces of one product do not count them in turn.
  private struct Product {
    let matrix: cambium_matrix
    let outputs: Int
    let isFast: Bool
    let rows: Int
    let y: UnsafeMutablePointer<Float>
    let stride: Int
    /// Where its prepared x begins, elements.
    let prepared: Int
    /// Outputs of one piece of work, and the number of pieces of the products before this one.
    let grain: Int
    let start: Int

    func multiply(_ x: UnsafePointer<Float>, _ range: Range<Int>) {
      withUnsafePointer(to: matrix) {
        if isFast {
          cambium_fast_product($0, range.lowerBound, range.upperBound, x + prepared, rows, y, stride)
        } else {
          cambium_product($0, range.lowerBound, range.upperBound, x + prepared, rows, y, stride)
        }
      }
    }
  }

  /// An x to prepare.
  private struct Preparation {
    let matrix: WeightMatrix
    let x: UnsafePointer<Float>
    let rows: Int
    let place: Int
  }

  private let arithmetic: Arithmetic
  private var products: [Product] = []
  /// What keeps the products' memory alive.
  private var matrices: [WeightMatrix] = []
  private var preparations: [Preparation] = []
  private var prepared = FloatBuffer(count: 0)
  private var preparedCount = 0
  private var pieces = 0
  /// Bytes of the matrices of all products so far, and their multiplications and additions.
  private(set) var weightBytes = 0
  private(set) var operations = 0

  init(_ arithmetic: Arithmetic = .canonical) { self.arithmetic = arithmetic }

  mutating func removeAll() {
    products.removeAll(keepingCapacity: true)
    matrices.removeAll(keepingCapacity: true)
    preparations.removeAll(keepingCapacity: true)
    preparedCount = 0
    pieces = 0
  }

  /// Adds y[row, o] = W[o] · x[row]; x is [rows, W.columns], y has `stride` (nil: W.rows) numbers a row.
  mutating func append(
    _ matrix: WeightMatrix, _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    stride: Int? = nil
  ) {
    let place = prepare(matrix, x, rows: rows)
    weightBytes += matrix.storedBytes
    operations += 2 * rows * matrix.rows * matrix.columns
    let grain = WorkerPool.grain(matrix, rows: rows)
    products.append(
      Product(
        matrix: matrix.kernel, outputs: matrix.rows, isFast: arithmetic.isFast(matrix), rows: rows, y: y,
        stride: stride ?? matrix.rows, prepared: place, grain: grain, start: pieces))
    matrices.append(matrix)
    pieces += (matrix.rows + grain - 1) / grain
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

  mutating func run(_ pool: WorkerPool) {
    if prepared.count < preparedCount { prepared = FloatBuffer(count: preparedCount) }
    let prepared = prepared.pointer
    for item in preparations { prepare(item, into: prepared + item.place, pool) }
    if pool.threads == 1 {
      for product in products { product.multiply(prepared, 0..<product.outputs) }
      return
    }
    products.withUnsafeBufferPointer { products in
      pool.run(count: pieces, grain: 1) { range, _ in
        for piece in range {
          let product = products[ProductList.product(of: piece, products)]
          let first = (piece - product.start) * product.grain
          product.multiply(prepared, first..<min(first + product.grain, product.outputs))
        }
      }
    }
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

  /// The last product that starts at or before `piece`.
  private static func product(of piece: Int, _ products: UnsafeBufferPointer<Product>) -> Int {
    var (low, high) = (0, products.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if products[middle].start <= piece { low = middle } else { high = middle }
    }
    return low
  }
}
