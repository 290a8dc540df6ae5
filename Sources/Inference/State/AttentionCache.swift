/// Keys (after norm and rotation) and values of one attention layer, by position: [positions, Nkv · D].
///
/// Memory grows by doubling. Taking positions back only shortens the length.
final class AttentionCache {
  /// Nkv · D.
  let width: Int
  private(set) var keys: FloatBuffer
  private(set) var values: FloatBuffer
  /// Positions held, those of an unfinished pass included.
  private(set) var length = 0
  private var capacity: Int

  /// Positions that a cache has room for when nothing is known.
  static let usual = 256

  init(width: Int, capacity: Int = usual) {
    let capacity = max(1, capacity)
    self.width = width
    self.capacity = capacity
    keys = FloatBuffer(count: capacity * width)
    values = FloatBuffer(count: capacity * width)
  }

  /// Makes room for `rows` more positions and counts them as held; returns where their keys and values go.
  func append(_ rows: Int) -> (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>) {
    let start = length
    reserve(start + rows)
    length += rows
    return (keys.pointer + start * width, values.pointer + start * width)
  }

  /// Forgets all positions from `length` on.
  func truncate(to length: Int) { self.length = min(self.length, max(0, length)) }

  private func reserve(_ positions: Int) {
    guard positions > capacity else { return }
    var larger = capacity
    while larger < positions { larger *= 2 }
    keys = AttentionCache.grown(keys, used: length * width, count: larger * width)
    values = AttentionCache.grown(values, used: length * width, count: larger * width)
    capacity = larger
  }

  private static func grown(_ buffer: FloatBuffer, used: Int, count: Int) -> FloatBuffer {
    let larger = FloatBuffer(count: count)
    larger.pointer.update(from: buffer.pointer, count: used)
    return larger
  }

  /// Numbers that there is room for.
  var numbers: Int { keys.count + values.count }

  /// Numbers of a copy that has no more room than it needs.
  var heldNumbers: Int { 2 * max(1, length) * width }

  /// A cache with the same positions.
  /// - Parameter positions: There is room for so many, or for those held when they are more; nil for as many as here.
  func copy(positions: Int? = nil) -> AttentionCache {
    let copy = AttentionCache(width: width, capacity: max(length, positions ?? capacity))
    copy.length = length
    copy.keys.pointer.update(from: keys.pointer, count: length * width)
    copy.values.pointer.update(from: values.pointer, count: length * width)
    return copy
  }
}
