import Threads

/// Runs the layers of a model: passes of some rows over the states of one sequence or of many. Owns the working memory.
///
/// The arithmetic of a row never depends on the other rows of its pass: matrix products keep one order of additions
/// whatever the number of rows, attention takes each query by itself, the recurrence goes token by token, and a row's
/// experts are summed in the order of their rank.
package final class TextEngine {
  let model: LoadedModel
  /// The threads that compute.
  package let pool: WorkerPool
  /// How matrix products are formed.
  let arithmetic: Arithmetic
  private(set) var scratch: Scratch
  /// [rows, V], grown to the largest number of rows asked for.
  private var logitRows = FloatBuffer(count: 0)
  /// Attention scores, one row a worker.
  private var scores = FloatBuffer(count: 0)
  private var scoreWidth = 0
  var products: ProductList
  var chosen: [Int32] = []
  var placed: [Int32] = []
  var expertStarts: [Int] = []
  var askingRows: [AskingRow] = []
  /// A fault that tests plant, to see that comparisons with lone sequences find it: the first row of a sequence takes
  /// something of its neighbour's in the pass.
  package var plantedLeak = false
  /// The residual streams that drafters want.
  let taps = TappedRows()
  /// Called after each layer with its number, the residual stream [rows, H] and the number of rows.
  var onLayer: ((Int, UnsafePointer<Float>, Int) -> Void)?

  var configuration: TextConfiguration { model.configuration }

  init(_ model: LoadedModel, pool: WorkerPool, arithmetic: Arithmetic = .canonical, rows: Int = 16) {
    self.model = model
    self.pool = pool
    self.arithmetic = arithmetic
    products = ProductList(arithmetic)
    scratch = Scratch(model, rows: rows, workers: pool.threads)
  }

  /// Runs `rows.count` tokens over `state`; the hidden states before and after the final norm stay in the working
  /// memory until the next pass.
  /// - Parameter recording: Whether rows may be taken back; `state.accept` must follow either way.
  func run(_ rows: PassRows, state: TextState, recording: Bool) {
    run([PassSegment(rows: rows, state: state, recording: recording)])
  }

  /// Runs the rows of several sequences, each over its own state, one after another; no state may come twice. Weights
  /// are read once for all of them.
  func run(_ segments: [PassSegment]) {
    let count = segments.reduce(0) { $0 + $1.rows.count }
    reserve(rows: count)
    var ranges: [Range<Int>] = []
    for segment in segments {
      let start = ranges.last?.upperBound ?? 0
      embed(segment.rows, into: scratch.residual.pointer + start * configuration.hidden, stride: configuration.hidden)
      prepareAngles(segment.rows, from: start)
      ranges.append(start..<start + segment.rows.count)
    }
    if plantedLeak {
      for range in ranges.dropFirst() {
        let first = scratch.residual.pointer + range.lowerBound * configuration.hidden
        first[0] += first[-1] / 1024
      }
    }
    for (index, layer) in model.layers.enumerated() {
      run(layer, index, segments, ranges)
      taps.record(index, scratch.residual.pointer, rows: count, width: configuration.hidden)
      onLayer?(index, scratch.residual.pointer, count)
    }
    normalize(scratch.residual.pointer, model.norm, rows: count, into: scratch.hidden.pointer)
    for segment in segments { segment.state.ran(rows: segment.rows.count, recording: segment.recording) }
  }

  private func run(_ layer: DecoderLayer, _ index: Int, _ segments: [PassSegment], _ ranges: [Range<Int>]) {
    let rows = ranges.last?.upperBound ?? 0
    normalize(scratch.residual.pointer, layer.inputNorm, rows: rows, into: scratch.normed.pointer)
    switch layer.mixer {
    case .attention(let parameters):
      attend(
        parameters,
        zip(segments, ranges).compactMap { segment, range in
          guard case .attention(let cache) = segment.state.layers[index] else { return nil }
          return AttentionSpan(cache: cache, rows: range, asked: range.count)
        })
    case .delta(let parameters):
      recall(
        parameters,
        zip(segments, ranges).compactMap { segment, range in
          guard case .delta(let state) = segment.state.layers[index] else { return nil }
          return DeltaSpan(state: state, rows: range, recording: segment.recording)
        })
    }
    addBranch(rows: rows)
    normalize(scratch.residual.pointer, layer.feedForwardNorm, rows: rows, into: scratch.normed.pointer)
    feedForward(layer.feedForward, rows: rows)
    addBranch(rows: rows)
  }

  /// The hidden state that the head takes, of row `row` of the last pass: [H].
  func headInput(row: Int) -> UnsafePointer<Float> {
    let buffer = configuration.headInput == .postNorm ? scratch.hidden : scratch.residual
    return UnsafePointer(buffer.pointer + row * configuration.hidden)
  }

  /// Logits [rows.count, V] of some rows of the last pass, valid until the next call.
  func logits(rows: Range<Int>) -> UnsafePointer<Float> {
    logits(of: scratch.hidden.pointer + rows.lowerBound * configuration.hidden, rows: rows.count)
  }

  /// Copies the hidden states after the final norm of some rows of the last pass, closely, in their order.
  func copyHidden(rows ranges: [Range<Int>], into target: UnsafeMutablePointer<Float>) {
    let width = configuration.hidden
    var target = target
    for range in ranges {
      target.update(from: scratch.hidden.pointer + range.lowerBound * width, count: range.count * width)
      target += range.count * width
    }
  }

  func logits(of hidden: UnsafePointer<Float>, rows: Int) -> UnsafePointer<Float> {
    let vocabulary = configuration.vocabulary
    if logitRows.count < rows * vocabulary { logitRows = FloatBuffer(count: rows * vocabulary) }
    products.removeAll()
    products.append(model.output, hidden, rows: rows, into: logitRows.pointer)
    products.run(pool)
    return UnsafePointer(logitRows.pointer)
  }

  /// Logits of some tokens alone, at their places in `target`, [V]; the other places are left alone.
  func logits(of hidden: UnsafePointer<Float>, tokens: [Range<Int>], into target: UnsafeMutablePointer<Float>) {
    products.removeAll()
    for range in tokens {
      products.append(model.output.slice(rows: range), hidden, rows: 1, into: target + range.lowerBound)
    }
    products.run(pool)
  }

  // MARK: Working memory

  func reserve(rows: Int) {
    if rows > scratch.rows { scratch = Scratch(model, rows: rows, workers: pool.threads) }
  }

  /// A row of scores for each worker, each of at least `positions`.
  func scoreRows(positions: Int) -> (base: UnsafeMutablePointer<Float>, stride: Int) {
    if positions > scoreWidth {
      scoreWidth = max(positions, 2 * scoreWidth, 512)
      scores = FloatBuffer(count: scoreWidth * pool.threads)
    }
    return (scores.pointer, scoreWidth)
  }

  // MARK: Parts that layers share

  /// Work in `count` pieces of about `cost` elements: over the threads when it is worth waking them.
  func spread(_ count: Int, cost: Int, _ body: (Range<Int>, Int) -> Void) {
    if pool.threads == 1 || count * cost < 16_384 {
      if count > 0 { body(0..<count, 0) }
    } else {
      pool.run(count: count, grain: max(1, min(8192 / max(1, cost), count / (2 * pool.threads))), body)
    }
  }

  func normalize(
    _ x: UnsafePointer<Float>, _ weight: FloatBuffer, rows: Int, into y: UnsafeMutablePointer<Float>
  ) {
    let width = configuration.hidden
    let epsilon = configuration.epsilon
    spread(rows, cost: width) { range, _ in
      for row in range {
        Vector.rmsNorm(x + row * width, weight: weight.pointer, count: width, epsilon: epsilon, into: y + row * width)
      }
    }
  }

  /// residual += branch.
  func addBranch(rows: Int) {
    let width = configuration.hidden
    let (residual, branch) = (scratch.residual.pointer, scratch.branch.pointer)
    spread(rows, cost: width) { range, _ in
      Vector.add(branch + range.lowerBound * width, count: range.count * width, to: residual + range.lowerBound * width)
    }
  }

  func embed(_ rows: PassRows, into target: UnsafeMutablePointer<Float>, stride: Int) {
    for row in 0..<rows.count {
      if let given = rows.embedding(row) {
        target.advanced(by: row * stride).update(from: given, count: configuration.hidden)
      } else {
        Vector.decodeRow(model.embedding, row: rows.tokens[row], into: target + row * stride)
      }
    }
  }

  /// The angles of some rows, which begin at row `first` of the pass.
  func prepareAngles(_ rows: PassRows, from first: Int = 0) {
    let half = configuration.rotary.dimension / 2
    for row in 0..<rows.count {
      let place = (first + row) * half
      configuration.rotary.angles(
        rows.positions[row], cosines: scratch.cosines.pointer + place, sines: scratch.sines.pointer + place)
    }
  }
}
