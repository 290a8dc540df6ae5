import Checkpoint
import Quantization
import Safetensors

/// Reads elements of an adapter's tensors as f32, a few at a time.
struct FactorReader {
  let file: SafetensorsFile
  /// The buffer for what is read at a time.
  let bytes: UnsafeMutableRawBufferPointer

  /// Reads rows and columns of a factor, row by row.
  func read(
    _ factor: TensorDelta.Factor, rows: Range<Int>, columns: Range<Int>, into target: UnsafeMutablePointer<Float>
  ) throws {
    let width = columns.count
    func first(_ row: Int, _ column: Int) -> Int {
      factor.first + row * factor.rowStep + column * factor.columnStep
    }
    if factor.columnStep == 1, factor.rowStep == width {
      try read(factor.entry, first(rows.lowerBound, columns.lowerBound), step: 1, rows.count * width) {
        target[$0] = $1
      }
    } else if factor.rowStep == 1 {
      for column in columns {
        let to = column - columns.lowerBound
        try read(factor.entry, first(rows.lowerBound, column), step: 1, rows.count) { target[$0 * width + to] = $1 }
      }
    } else {
      for row in rows {
        let to = (row - rows.lowerBound) * width
        try read(factor.entry, first(row, columns.lowerBound), step: factor.columnStep, width) { target[to + $0] = $1 }
      }
    }
  }

  /// Reads `count` elements from `first` on, `step` apart.
  func read(
    _ entry: TensorEntry, _ first: Int, step: Int, _ count: Int, _ store: (Int, Float) -> Void
  ) throws {
    guard let type = FloatType(entry.dtype) else { return }
    let atOnce = max(1, bytes.count / type.byteWidth / step)
    var done = 0
    while done < count {
      let some = min(atOnce, count - done)
      let span = ((some - 1) * step + 1) * type.byteWidth
      let raw = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<span])
      try file.read(into: raw, atDataOffset: entry.begin + (first + done * step) * type.byteWidth)
      let elements = FloatElements(raw, type)
      for index in 0..<some { store(done + index, elements[index * step]) }
      done += some
    }
  }
}
