/// The elements of an FP8 matrix to which a scale applies.
struct Float8Grid: Sendable, Equatable {
  let blockRows: Int
  let blockColumns: Int
  /// Rows and columns of the scales.
  let shape: [Int]

  /// The grid that the shapes of weight and scales say; nil when it is none that is read.
  /// - Parameter isDeclared: Whether the configuration says that there is FP8: blocks of 128 × 128 are told by the shape
  ///   alone, a scale for each row or for the whole matrix is not.
  init?(weight: [Int], scales: [Int], isDeclared: Bool) {
    guard weight.count == 2, weight[0] > 0, weight[1] > 0 else { return nil }
    let block = BlockScales.block
    let blocks = weight.map { ($0 - 1) / block + 1 }
    // ModelOpt (FP8_PB_WO) keeps the two axes of a block, each of one element: rows, 1, columns, 1.
    if scales == blocks || isDeclared && scales == [blocks[0], 1, blocks[1], 1] {
      (blockRows, blockColumns, shape) = (block, block, blocks)
    } else if isDeclared, scales == [weight[0], 1] || scales == [weight[0]] {
      (blockRows, blockColumns, shape) = (1, weight[1], [weight[0], 1])
    } else if isDeclared, scales.count <= 2, scales.allSatisfy({ $0 == 1 }) {
      (blockRows, blockColumns, shape) = (weight[0], weight[1], [1, 1])
    } else {
      return nil
    }
  }
}
