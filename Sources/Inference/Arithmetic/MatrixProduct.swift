import CKernels

/// y[row, o] = W[o] · x[row] with x prepared: one product of a ``ProductRun``. Without references, so that threads that take
/// pieces of it do not count them in turn.
struct MatrixProduct {
  let matrix: cambium_matrix
  let outputs: Int
  let isFast: Bool
  let rows: Int
  let y: UnsafeMutablePointer<Float>
  /// Numbers from one row of y to the next.
  let stride: Int
  /// Where its prepared x begins, numbers.
  let prepared: Int
  /// Outputs of one piece of work, and the number of pieces of the products before this one.
  let grain: Int
  let start: Int

  /// Outputs of a piece, which is counted over all products.
  func outputs(of piece: Int) -> Range<Int> {
    let first = (piece - start) * grain
    return first..<min(first + grain, outputs)
  }

  /// The outputs of `range`, in their places.
  func multiply(_ x: UnsafePointer<Float>, _ range: Range<Int>) { multiply(x, range, into: y, stride: stride) }

  /// The outputs of `range`, closely, at the beginning of `target`: [rows, range.count].
  func multiply(_ x: UnsafePointer<Float>, _ range: Range<Int>, apart target: UnsafeMutablePointer<Float>) {
    multiply(x, range, into: target - range.lowerBound, stride: range.count)
  }

  /// Puts what was multiplied apart in its places.
  func place(_ range: Range<Int>, from source: UnsafePointer<Float>) {
    for row in 0..<rows {
      (y + row * stride + range.lowerBound).update(from: source + row * range.count, count: range.count)
    }
  }

  private func multiply(
    _ x: UnsafePointer<Float>, _ range: Range<Int>, into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    withUnsafePointer(to: matrix) {
      if isFast {
        cambium_fast_product($0, range.lowerBound, range.upperBound, x + prepared, rows, target, stride)
      } else {
        cambium_product($0, range.lowerBound, range.upperBound, x + prepared, rows, target, stride)
      }
    }
  }
}
