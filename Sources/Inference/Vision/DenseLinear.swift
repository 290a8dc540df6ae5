import COpenBLAS
import Threads

/// W · x + b with W [rows, columns] in f32, by OpenBLAS: not in the canonical order of additions.
struct DenseLinear: Sendable {
  var weight: FloatBuffer
  let bias: FloatBuffer
  let rows: Int
  let columns: Int

  /// Turns `count` inputs [count, columns] into [count, rows].
  func apply(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    Dense.product(
      x, stride: columns, rows: count, weight.pointer, stride: columns, columns: rows, inner: columns, into: y,
      stride: rows)
    for row in 0..<count { Vector.add(bias.pointer, count: rows, to: y + row * rows) }
  }
}

/// Matrix products by OpenBLAS, each on the thread that calls.
enum Dense {
  /// Rows of a piece. Fixed, because a product of another height may add in another order: pieces of one height yield
  /// the same rows however they are spread over threads.
  static let tile = 64

  /// - Throws: ``InferenceError/libraryMissing(name:)`` where OpenBLAS is not installed.
  static func load() throws(InferenceError) {
    guard cambium_openblas_load() == 1 else { throw .libraryMissing(name: "OpenBLAS") }
  }

  /// C [rows, columns] = factor · A [rows, inner] · B [columns, inner]ᵀ.
  static func product(
    _ a: UnsafePointer<Float>, stride strideA: Int, rows: Int, _ b: UnsafePointer<Float>, stride strideB: Int,
    columns: Int, inner: Int, factor: Float = 1, into c: UnsafeMutablePointer<Float>, stride strideC: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    cambium_openblas_product(
      Int32(rows), Int32(columns), Int32(inner), factor, a, Int32(strideA), b, Int32(strideB), 1, c, Int32(strideC))
  }

  /// C [rows, columns] = A [rows, inner] · B [inner, columns].
  static func combination(
    _ a: UnsafePointer<Float>, stride strideA: Int, rows: Int, _ b: UnsafePointer<Float>, stride strideB: Int,
    columns: Int, inner: Int, into c: UnsafeMutablePointer<Float>, stride strideC: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    cambium_openblas_product(
      Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(strideA), b, Int32(strideB), 0, c, Int32(strideC))
  }
}

extension WorkerPool {
  /// Work on `groups` times `count` rows in pieces of ``Dense/tile`` that are in one group, so that a group's rows do not
  /// depend on the groups beside it; the second argument is the worker's number.
  func tiles(groups: Int, of count: Int, _ body: (Range<Int>, Int) -> Void) {
    let pieces = (count + Dense.tile - 1) / Dense.tile
    // OpenBLAS has buffers for a limited number of callers at a time.
    run(count: groups * pieces, grain: max(1, (groups * pieces + 63) / 64)) { range, worker in
      for piece in range {
        let (group, place) = piece.quotientAndRemainder(dividingBy: pieces)
        let first = group * count + place * Dense.tile
        body(first..<min(first + Dense.tile, (group + 1) * count), worker)
      }
    }
  }
}
