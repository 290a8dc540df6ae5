import Quantization

/// The fast product in integers as it is defined (page Canonical arithmetic), written to be read: for mxfp4, nvfp4 and
/// affine weights of 4 and 8 bits.
public enum ReferenceIntegerProduct {
  /// Columns of x rounded to int8 with one scale.
  struct Block {
    /// NaN if an element is not finite, 0 if all are (nearly) zero.
    let scale: Float
    /// −127 … 127.
    let numbers: [Int32]

    init(_ x: ArraySlice<Float>) {
      let peak = x.map(\.magnitude).max() ?? 0
      let isFinite = x.allSatisfy(\.isFinite)
      guard isFinite, peak >= 0x1p-118 else {
        scale = isFinite ? 0 : .nan
        numbers = x.map { _ in 0 }
        return
      }
      scale = peak / 127
      let factor = 127 / peak
      numbers = x.map { Int32(($0 * factor).rounded(.toNearestOrEven)) }
    }

    var sum: Int32 { numbers.reduce(0, +) }
  }

  /// Columns of one block.
  static func blockColumns(_ format: WeightMatrix.Format) -> Int { format == .nvfp4 ? 16 : 32 }

  /// W[row] · x for one row; `x` has `w.columns` elements.
  public static func row(_ w: WeightMatrix, _ row: Int, _ x: [Float]) -> Float {
    let columns = blockColumns(w.format)
    // The elements of E2M1 are halves: they are taken twice, with half the scale of x.
    let isE2M1 = !w.format.hasBiases
    var result: Float = 0
    var sumOfGroup: Float = 0
    for start in stride(from: 0, to: w.columns, by: columns) {
      let block = Block(x[start..<start + columns])
      var sum: Int32 = 0
      for (column, number) in zip(start..., block.numbers) {
        sum += Int32(w.element(row, column) * (isE2M1 ? 2 : 1)) * number
      }
      result.addProduct(Float(sum), w.scale(row, start) * (isE2M1 ? block.scale * 0.5 : block.scale))
      guard w.format.hasBiases else { continue }
      sumOfGroup += block.scale * Float(block.sum)
      guard (start + columns) % w.format.group == 0 else { continue }
      result.addProduct(w.bias(row, start), sumOfGroup)
      sumOfGroup = 0
    }
    return result
  }
}
