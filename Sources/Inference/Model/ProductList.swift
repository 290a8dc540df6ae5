/// Matrix products that do not depend on one another, done in one go over all threads: y = W · x for several W and x.
struct ProductList {
  private struct Product {
    let matrix: WeightMatrix
    let x: UnsafePointer<Float>
    let rows: Int
    let y: UnsafeMutablePointer<Float>
    let stride: Int
    /// Outputs of the products before this one.
    let start: Int
  }

  private var products: [Product] = []
  private var outputs = 0

  mutating func removeAll() {
    products.removeAll(keepingCapacity: true)
    outputs = 0
  }

  /// Adds y[row, o] = W[o] · x[row]; x is [rows, W.columns], y has `stride` (nil: W.rows) numbers a row.
  mutating func append(
    _ matrix: WeightMatrix, _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>,
    stride: Int? = nil
  ) {
    products.append(Product(matrix: matrix, x: x, rows: rows, y: y, stride: stride ?? matrix.rows, start: outputs))
    outputs += matrix.rows
  }

  func run(_ pool: WorkerPool) {
    if pool.threads == 1 || outputs < 64 {
      for product in products { ProductList.multiply(product, 0..<product.matrix.rows) }
      return
    }
    let grain = min(256, max(32, outputs / (8 * pool.threads)))
    products.withUnsafeBufferPointer { products in
      pool.run(count: outputs, grain: grain) { range, _ in
        var index = ProductList.product(of: range.lowerBound, products)
        var next = range.lowerBound
        while next < range.upperBound {
          let product = products[index]
          let end = min(range.upperBound, product.start + product.matrix.rows)
          ProductList.multiply(product, next - product.start..<end - product.start)
          next = end
          index += 1
        }
      }
    }
  }

  private static func multiply(_ product: Product, _ outputs: Range<Int>) {
    Vector.multiply(
      product.matrix, outputRows: outputs, product.x, rows: product.rows, into: product.y, yStride: product.stride)
  }

  /// The last product that starts at or before `output`.
  private static func product(of output: Int, _ products: UnsafeBufferPointer<Product>) -> Int {
    var (low, high) = (0, products.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if products[middle].start <= output { low = middle } else { high = middle }
    }
    return low
  }
}
