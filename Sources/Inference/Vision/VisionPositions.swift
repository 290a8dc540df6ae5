/// Where the patches of one group of frames are, in merge-block order, and what follows from it.
struct VisionPositions {
  /// Rows and columns of patches.
  let height: Int
  let width: Int
  let mergeSize: Int

  var count: Int { height * width }

  /// Row and column of a patch: blocks of mergeSize × mergeSize follow each other row by row, and so do the patches of
  /// a block (`get_vision_position_ids` of transformers).
  func place(_ patch: Int) -> (row: Int, column: Int) {
    let (block, inside) = patch.quotientAndRemainder(dividingBy: mergeSize * mergeSize)
    let blocks = max(1, width / mergeSize)
    return (block / blocks * mergeSize + inside / mergeSize, block % blocks * mergeSize + inside % mergeSize)
  }

  /// Cosines and sines of the rotary angles of every patch, [count, Dv/2] each: row · 10000^(−2j/(Dv/2)) for the first
  /// Dv/4 angles, then the same with the column.
  func angles(headDimension: Int) -> (cosines: FloatBuffer, sines: FloatBuffer) {
    let half = headDimension / 2
    let quarter = headDimension / 4
    let frequencies = (0..<quarter).map { j in
      1 / Float(DoubleFunctions.power(10_000, Double(2 * j) / Double(half)))
    }
    let (cosines, sines) = (FloatBuffer(count: count * half), FloatBuffer(count: count * half))
    for patch in 0..<count {
      let (row, column) = place(patch)
      for (j, frequency) in frequencies.enumerated() {
        for (at, coordinate) in [(j, row), (quarter + j, column)] {
          let angle = Double(Float(coordinate) * frequency)
          cosines.pointer[patch * half + at] = Float(DoubleFunctions.cosine(angle))
          sines.pointer[patch * half + at] = Float(DoubleFunctions.sine(angle))
        }
      }
    }
    return (cosines, sines)
  }

  /// Adds a patch's learned position: the table [G · G, width] between its four nearest rows, bilinearly, corners on
  /// corners (`get_vision_interpolation_indices_and_weights` of transformers).
  func addTable(
    _ table: UnsafePointer<Float>, side: Int, width: Int, patch: Int, to state: UnsafeMutablePointer<Float>
  ) {
    let (row, column) = place(patch)
    let vertical = VisionPositions.taps(row, of: height, side: side)
    let horizontal = VisionPositions.taps(column, of: self.width, side: side)
    for (y, weightY) in vertical {
      for (x, weightX) in horizontal {
        Vector.add(table + (y * side + x) * width, times: weightY * weightX, count: width, to: state)
      }
    }
  }

  /// The two rows of a table of `side` rows next to place `index` of `size`, with their weights.
  private static func taps(_ index: Int, of size: Int, side: Int) -> [(Int, Float)] {
    let place = Float(index) * Float(side - 1) / Float(max(size - 1, 1))
    let below = place.rounded(.down)
    let first = min(Int(below), side - 1)
    return [(first, 1 - (place - below)), (min(first + 1, side - 1), place - below)]
  }
}
