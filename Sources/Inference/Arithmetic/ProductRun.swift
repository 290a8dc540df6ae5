import Threads

/// Products that are done in one go. A copy holds all memory that they read, but not what they write.
struct ProductRun {
  let products: [MatrixProduct]
  let matrices: [WeightMatrix]
  let prepared: FloatBuffer
  let pieces: Int
  /// Numbers of the largest piece.
  let pieceNumbers: Int

  /// The product of a piece: the last that starts at or before it.
  private func product(of piece: Int) -> MatrixProduct {
    products.withUnsafeBufferPointer { products in
      var (low, high) = (0, products.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if products[middle].start <= piece { low = middle } else { high = middle }
      }
      return products[low]
    }
  }
}

extension ProductRun: DetachableWork {
  var resultBytes: Int { pieceNumbers * MemoryLayout<Float>.stride }

  func perform(_ piece: Int) {
    let product = product(of: piece)
    product.multiply(prepared.pointer, product.outputs(of: piece))
  }

  func performAll() {
    for product in products { product.multiply(prepared.pointer, 0..<product.outputs) }
  }

  func compute(_ piece: Int, into memory: UnsafeMutableRawPointer) {
    let product = product(of: piece)
    let numbers = memory.bindMemory(to: Float.self, capacity: pieceNumbers)
    product.multiply(prepared.pointer, product.outputs(of: piece), apart: numbers)
  }

  func place(_ piece: Int, from memory: UnsafeRawPointer) {
    let product = product(of: piece)
    product.place(product.outputs(of: piece), from: memory.assumingMemoryBound(to: Float.self))
  }
}
