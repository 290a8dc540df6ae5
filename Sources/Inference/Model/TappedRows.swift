/// Residual streams of the trunk's last pass after some layers: what drafters that look into the trunk receive.
package final class TappedRows {
  /// Layers after which the stream is kept, ascending.
  private(set) var layers: [Int] = []
  /// [rows, H] for each of them, grown to the largest pass.
  private var streams: [FloatBuffer] = []

  /// Keeps the streams after these layers and no others from the next pass on.
  func keep(_ wanted: some Sequence<Int>) {
    layers = Set(wanted).sorted()
    streams = layers.map { _ in FloatBuffer(count: 0) }
  }

  /// Keeps the streams after these layers too.
  func include(_ wanted: some Sequence<Int>) {
    let all = Set(layers).union(wanted).sorted()
    if all != layers { keep(all) }
  }

  /// Takes the stream after a layer, [rows, width], if it is wanted.
  func record(_ layer: Int, _ residual: UnsafePointer<Float>, rows: Int, width: Int) {
    guard let place = layers.firstIndex(of: layer) else { return }
    if streams[place].count < rows * width { streams[place] = FloatBuffer(count: rows * width) }
    streams[place].pointer.update(from: residual, count: rows * width)
  }

  /// The stream after a layer, [rows, H], until the trunk's next pass; nil for a layer that is not kept.
  func rows(behind layer: Int) -> UnsafePointer<Float>? {
    layers.firstIndex(of: layer).map { UnsafePointer(streams[$0].pointer) }
  }

  /// Puts the streams of some rows after several layers side by side: [rows, layers · width].
  func gather(_ layers: [Int], from first: Int, rows: Int, width: Int, into target: UnsafeMutablePointer<Float>) {
    for (place, layer) in layers.enumerated() {
      guard let stream = self.rows(behind: layer).map({ $0 + first * width }) else { continue }
      for row in 0..<rows {
        target.advanced(by: (row * layers.count + place) * width).update(from: stream + row * width, count: width)
      }
    }
  }
}
