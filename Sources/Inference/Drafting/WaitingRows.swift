/// Rows of numbers that wait for a pass, in memory that grows.
struct WaitingRows {
  let width: Int
  private(set) var count = 0
  private(set) var buffer: FloatBuffer

  init(width: Int) {
    self.width = width
    buffer = FloatBuffer(count: 0)
  }

  var pointer: UnsafeMutablePointer<Float> { buffer.pointer }

  /// Makes room for more rows and counts them; returns where they go.
  mutating func append(_ rows: Int) -> UnsafeMutablePointer<Float> {
    let needed = (count + rows) * width
    if needed > buffer.count {
      let larger = FloatBuffer(count: 2 * needed)
      larger.pointer.update(from: buffer.pointer, count: count * width)
      buffer = larger
    }
    count += rows
    return buffer.pointer + (count - rows) * width
  }

  /// Forgets all but the last `kept` rows.
  mutating func keepLast(_ kept: Int) {
    guard kept < count else { return }
    buffer.pointer.update(from: buffer.pointer + (count - kept) * width, count: kept * width)
    count = kept
  }

  /// Numbers of a copy.
  var heldNumbers: Int { 2 * count * width }

  func copy() -> WaitingRows {
    var copy = WaitingRows(width: width)
    copy.append(count).update(from: buffer.pointer, count: count * width)
    return copy
  }
}
