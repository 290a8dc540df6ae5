import Quantization

/// The matrix-vector product as it is defined (page Canonical arithmetic), written to be read.
public enum ReferenceProduct {
  /// W[row] · x for one row; `x` has `w.columns` elements.
  public static func row(_ w: WeightMatrix, _ row: Int, _ x: UnsafePointer<Float>) -> Float {
    guard w.format.hasScales else { return floatRow(w, row, x) }
    let order = ReductionOrder(w.format)
    var lanes = Lanes.zero
    for start in stride(from: 0, to: w.columns, by: order.unit) {
      for lane in 0..<16 {
        var partial: Float = 0
        for step in 0..<order.steps {
          let column = start + order.column(lane: lane, step: step)
          // A last unit that is not full is filled with zeros.
          let inside = column < w.columns
          partial = partial.addingProduct(inside ? w.element(row, column) : 0, inside ? x[column] : 0)
        }
        let column = start + order.column(lane: lane, step: 0)
        lanes[lane] = lanes[lane].addingProduct(partial, column < w.columns ? w.productScale(row, column) : 0)
      }
    }
    if w.format.hasBiases { lanes += biasLanes(w, row, x) }
    return lanes.halvingSum()
  }

  /// Element i of a float row goes to lane i mod 16, in ascending order.
  private static func floatRow(_ w: WeightMatrix, _ row: Int, _ x: UnsafePointer<Float>) -> Float {
    var lanes = Lanes.zero
    for start in stride(from: 0, to: w.columns, by: 16) {
      var weights = Lanes.zero
      for lane in 0..<min(16, w.columns - start) { weights[lane] = w.element(row, start + lane) }
      lanes.addProduct(weights, .load(x, at: start, count: w.columns))
    }
    return lanes.halvingSum()
  }

  /// bias · (sum of the group's x), group g in lane g mod 16.
  private static func biasLanes(_ w: WeightMatrix, _ row: Int, _ x: UnsafePointer<Float>) -> Lanes {
    let group = w.format.group
    var lanes = Lanes.zero
    for first in stride(from: 0, to: w.columns / group, by: 16) {
      var biases = Lanes.zero
      var sums = Lanes.zero
      for lane in 0..<min(16, w.columns / group - first) {
        biases[lane] = w.bias(row, (first + lane) * group)
        sums[lane] = ReferenceVector.sum(x + (first + lane) * group, count: group)
      }
      lanes.addProduct(biases, sums)
    }
    return lanes
  }

  /// Row `row` dequantized: the values that MLX's `dequantize` returns, for affine in the type of its parameters, for
  /// the other quantized formats in f32.
  public static func decodeRow(_ w: WeightMatrix, row: Int, into y: UnsafeMutablePointer<Float>) {
    for column in 0..<w.columns { y[column] = w.value(row, column) }
  }
}

/// Which elements of a quantized row a lane takes, and in which order: the row is cut into units; within one, a lane
/// adds up `steps` products and then adds them, scaled, to its sum.
struct ReductionOrder {
  /// Columns of one unit.
  let unit: Int
  /// Products of one lane in one unit.
  var steps: Int { unit / 16 }
  /// Whether a lane takes `steps` neighbours (formats of 2 and 4 bits: what is in one 32-bit word) or every
  /// sixteenth element of a unit that is one group (all others).
  let neighbours: Bool

  init(_ format: WeightMatrix.Format) {
    neighbours = format.bits == 4 || format.bits == 2
    unit = neighbours ? 16 * 32 / format.bits : format.group
  }

  func column(lane: Int, step: Int) -> Int { neighbours ? lane * steps + step : step * 16 + lane }
}
