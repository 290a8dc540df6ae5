/// Passes through the layers of a drafter with its own weights, and their working memory. Products, threads and
/// arithmetic are the engine's; rows do not see each other but in attention.
final class DraftPasses {
  let engine: TextEngine
  let shape: DrafterShape
  /// [rows, H]: residual stream, and what a part of a layer adds to it.
  private(set) var residual = FloatBuffer(count: 0)
  private var branch = FloatBuffer(count: 0)
  /// [rows, 2·H]: normed input of a part; of EAGLE-3 two of them side by side.
  private(set) var normed = FloatBuffer(count: 0)
  private var queries = FloatBuffer(count: 0)
  private var attended = FloatBuffer(count: 0)
  private var gate = FloatBuffer(count: 0)
  private var up = FloatBuffer(count: 0)
  private var cosines = FloatBuffer(count: 0)
  private var sines = FloatBuffer(count: 0)
  private var rows = 0

  init(_ shape: DrafterShape, engine: TextEngine) {
    self.shape = shape
    self.engine = engine
  }

  /// Makes room for passes of so many rows; what was in the memory is lost when it grows.
  func reserve(_ count: Int) {
    guard count > rows else { return }
    rows = max(count, 2 * rows)
    let buffer = { (width: Int) in FloatBuffer(count: self.rows * width) }
    (residual, branch, normed) = (buffer(shape.hidden), buffer(shape.hidden), buffer(2 * shape.hidden))
    (queries, attended) = (buffer(shape.attention.queryWidth), buffer(shape.attention.queryWidth))
    (gate, up) = (buffer(shape.wide), buffer(shape.wide))
    (cosines, sines) = (buffer(shape.rotary.dimension / 2), buffer(shape.rotary.dimension / 2))
  }

  /// Numbers that there is room for.
  var numbers: Int {
    [residual, branch, normed, queries, attended, gate, up, cosines, sines].reduce(0) { $0 + $1.count }
  }

  /// The angles of rows at positions from `position` on.
  func prepareAngles(from position: Int, rows: Int) {
    let half = shape.rotary.dimension / 2
    for row in 0..<rows {
      shape.rotary.angles(
        TokenPosition(position + row), cosines: cosines.pointer + row * half, sines: sines.pointer + row * half)
    }
  }

  /// y = norm(x) row by row, H wide; `stride` is y's.
  func normalize(
    _ x: UnsafePointer<Float>, _ weight: FloatBuffer, rows: Int, into y: UnsafeMutablePointer<Float>,
    stride: Int? = nil
  ) {
    let (width, epsilon) = (shape.hidden, shape.epsilon)
    let stride = stride ?? width
    engine.spread(rows, cost: width) { range, _ in
      for row in range {
        Vector.rmsNorm(
          x + row * width, weight: weight.pointer, count: width, epsilon: epsilon, into: y + row * stride)
      }
    }
  }

  /// Appends keys and values of inputs [rows, X], whose angles are prepared, to a layer's cache.
  func append(_ layer: DraftLayer, _ cache: AttentionCache, _ x: UnsafePointer<Float>, rows: Int) {
    let (keys, values) = cache.append(rows)
    engine.products.removeAll()
    engine.products.append(layer.key, x, rows: rows, into: keys, stride: cache.width)
    engine.products.append(layer.value, x, rows: rows, into: values, stride: cache.width)
    engine.products.run(engine.pool)
    turn(keys, heads: shape.attention.keyValueHeads, norm: layer.keyNorm, rows: rows, angle: 0)
  }

  /// residual += o_proj · attention of the queries of inputs [rows, X] over the cache, which has their keys already.
  /// - Parameters:
  ///   - layer: The layer.
  ///   - cache: Keys and values of all positions.
  ///   - x: Inputs of the rows that ask.
  ///   - rows: How many they are.
  ///   - angle: Place of the first one's angles.
  ///   - finish: Changes what is added to the residual, [rows, H].
  ///   - sight: The positions that a row sees.
  func attend(
    _ layer: DraftLayer, _ cache: AttentionCache, _ x: UnsafePointer<Float>, rows: Int, angle: Int = 0,
    finish: (UnsafeMutablePointer<Float>) -> Void = { _ in }, sight: (Int) -> Range<Int>
  ) {
    let attention = shape.attention
    let (dimension, width) = (attention.headDimension, attention.queryWidth)
    engine.products.removeAll()
    engine.products.append(layer.query, x, rows: rows, into: queries.pointer)
    engine.products.run(engine.pool)
    turn(queries.pointer, heads: attention.heads, norm: layer.queryNorm, rows: rows, angle: angle)
    let (keys, values, stride) = (cache.keys.pointer, cache.values.pointer, cache.width)
    let (queries, attended) = (self.queries.pointer, self.attended.pointer)
    let group = attention.heads / attention.keyValueHeads
    let scale = 1 / Float(dimension).squareRoot()
    let (scores, scoreStride) = engine.scoreRows(positions: cache.length)
    let seen = (0..<rows).map(sight)
    engine.spread(rows * attention.heads, cost: 2 * dimension * cache.length) { range, worker in
      for item in range {
        let (head, row) = (item / rows, item % rows)
        let start = seen[row].lowerBound * stride + head / group * dimension
        Vector.attend(
          query: queries + row * width + head * dimension, keys: keys + start, values: values + start,
          headDimension: dimension, stride: stride, positions: seen[row].count, scale: scale,
          into: attended + row * width + head * dimension, scratch: scores + worker * scoreStride)
      }
    }
    engine.products.removeAll()
    engine.products.append(layer.output, attended, rows: rows, into: branch.pointer)
    engine.products.run(engine.pool)
    finish(branch.pointer)
    Vector.add(branch.pointer, count: rows * shape.hidden, to: residual.pointer)
  }

  /// residual += the feed-forward part of the normed residual.
  /// - Parameters:
  ///   - layer: The layer.
  ///   - rows: How many rows there are.
  ///   - prepare: Changes the normed residual, [rows, H].
  ///   - finish: Changes what is added, [rows, H].
  func feedForward(
    _ layer: DraftLayer, rows: Int, prepare: (UnsafeMutablePointer<Float>) -> Void = { _ in },
    finish: (UnsafeMutablePointer<Float>) -> Void = { _ in }
  ) {
    let linear = layer.feedForward
    normalize(residual.pointer, layer.feedForwardNorm, rows: rows, into: normed.pointer)
    prepare(normed.pointer)
    engine.products.removeAll()
    engine.products.append(linear.gate, normed.pointer, rows: rows, into: gate.pointer)
    engine.products.append(linear.up, normed.pointer, rows: rows, into: up.pointer)
    engine.products.run(engine.pool)
    Vector.gateSilu(gate.pointer, up: up.pointer, count: rows * shape.wide, into: gate.pointer)
    engine.products.removeAll()
    engine.products.append(linear.down, gate.pointer, rows: rows, into: branch.pointer)
    engine.products.run(engine.pool)
    finish(branch.pointer)
    Vector.add(branch.pointer, count: rows * shape.hidden, to: residual.pointer)
  }

  /// Norms and turns heads in place.
  private func turn(
    _ x: UnsafeMutablePointer<Float>, heads: Int, norm: FloatBuffer?, rows: Int, angle: Int
  ) {
    let (dimension, epsilon) = (shape.attention.headDimension, shape.epsilon)
    let half = shape.rotary.dimension / 2
    let (cosines, sines) = (cosines.pointer + angle * half, sines.pointer + angle * half)
    engine.spread(rows * heads, cost: dimension) { range, _ in
      for item in range {
        let (head, row) = (x + item * dimension, item / heads)
        if let norm {
          Vector.rmsNorm(head, weight: norm.pointer, count: dimension, epsilon: epsilon, into: head)
        }
        Vector.rotate(
          head, rotaryDimension: 2 * half, cosines: cosines + row * half, sines: sines + row * half)
      }
    }
  }
}
