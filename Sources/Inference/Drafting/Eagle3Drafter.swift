/// Drafts token by token with one layer (EAGLE-3, `eagle/model/cnets.py`): a row pairs the embedding of token i + 1 with
/// the trunk's residual streams at token i, fused; drafting on, with the layer's own output.
///
/// Pairs wait until the next draft, as for the MTP head; rows of drafts are provisional and leave the cache.
package final class Eagle3Drafter: Drafter {
  private let engine: TextEngine
  private let model: Eagle3Model
  private let passes: DraftPasses
  private let cache: AttentionCache
  /// Pairs that wait: streams [rows, T·H] and embeddings [rows, H]. The last observed pair always does.
  private var streams: WaitingRows
  private var embeddings: WaitingRows
  /// [rows, H]: fused streams, then the layer's output.
  private var fused = FloatBuffer(count: 0)
  private let own: FloatBuffer
  private let draftLogits: FloatBuffer
  /// [V]: −infinity for tokens that cannot be drafted.
  private let logits: FloatBuffer
  package private(set) var rowsRun = 0
  /// Called with the layer's output before the norm, [H], of each step; for tests.
  package var onStep: ((UnsafePointer<Float>) -> Void)?
  /// Called with fused rows [rows, H]; for tests.
  package var onContext: ((UnsafePointer<Float>, _ rows: Int) -> Void)?

  /// Pairs that wait at most.
  private static let most = 32

  convenience init(_ model: Eagle3Model, engine: TextEngine, positions: Int = AttentionCache.usual) {
    self.init(
      model, engine: engine,
      cache: AttentionCache(width: model.shape.attention.cacheWidth, capacity: positions))
  }

  package func copy(engine: TextEngine) -> any Drafter { copied(engine, cache.copy()) }

  package func copy(engine: TextEngine, positions: Int) -> any Drafter {
    copied(engine, cache.copy(positions: positions))
  }

  package var heldNumbers: Int {
    cache.heldNumbers + streams.heldNumbers + embeddings.heldNumbers + own.count + draftLogits.count + logits.count
  }

  private func copied(_ engine: TextEngine, _ cache: AttentionCache) -> Eagle3Drafter {
    let copy = Eagle3Drafter(model, engine: engine, cache: cache)
    copy.streams = streams.copy()
    copy.embeddings = embeddings.copy()
    return copy
  }

  private init(_ model: Eagle3Model, engine: TextEngine, cache: AttentionCache) {
    self.model = model
    self.engine = engine
    self.cache = cache
    let shape = model.shape
    passes = DraftPasses(shape, engine: engine)
    streams = WaitingRows(width: model.taps.count * shape.hidden)
    embeddings = WaitingRows(width: shape.hidden)
    own = FloatBuffer(count: shape.hidden)
    draftLogits = FloatBuffer(count: model.output.rows)
    logits = FloatBuffer(count: shape.vocabulary)
    logits.pointer.update(repeating: -.infinity, count: shape.vocabulary)
  }

  package var tappedLayers: [Int] { model.taps }

  package var numbers: Int {
    cache.numbers + streams.buffer.count + embeddings.buffer.count + fused.count + own.count + draftLogits.count
      + logits.count + passes.numbers
  }

  package var draftVocabulary: Int? { model.tokens?.count }

  /// Rows of the cache and those that wait: as many as the target's state has.
  package var contextLength: Int { cache.length + streams.count }

  package func observe(_ rows: KeptRows) {
    let width = model.shape.hidden
    rows.taps.gather(
      model.taps, from: rows.first, rows: rows.count, width: width, into: streams.append(rows.count))
    let target = embeddings.append(rows.count)
    for row in 0..<rows.count {
      embed(rows.pairs.tokens[row], rows.pairs.embedding(row), into: target + row * width)
    }
    if streams.count > Eagle3Drafter.most {
      run(streams.count - 1, wantsOutput: false)
      streams.keepLast(1)
      embeddings.keepLast(1)
    }
  }

  package func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {
    guard embeddings.count > 0 else { return }
    embed(token, embedding, into: embeddings.pointer + (embeddings.count - 1) * model.shape.hidden)
  }

  private func embed(
    _ token: Int, _ given: UnsafePointer<Float>?, into target: UnsafeMutablePointer<Float>
  ) {
    if let given {
      target.update(from: given, count: model.shape.hidden)
    } else {
      Vector.decodeRow(model.embedding ?? engine.model.embedding, row: token, into: target)
    }
  }

  /// Runs the first pairs that wait; with `wantsOutput` the last one's output is in row 0 of the residual stream.
  private func run(_ count: Int, wantsOutput: Bool) {
    let width = model.shape.hidden
    if fused.count < count * width { fused = FloatBuffer(count: count * width) }
    engine.products.removeAll()
    engine.products.append(model.fusion, streams.pointer, rows: count, into: fused.pointer)
    engine.products.run(engine.pool)
    onContext?(fused.pointer, count)
    step(fused.pointer, embeddings.pointer, rows: count, wantsOutput: wantsOutput)
  }

  /// One pass of the layer over pairs of a state and an embedding, [rows, H] each.
  private func step(
    _ states: UnsafePointer<Float>, _ embeddings: UnsafePointer<Float>, rows: Int, wantsOutput: Bool
  ) {
    let (layer, width) = (model.layer, model.shape.hidden)
    passes.reserve(rows)
    let (residual, normed) = (passes.residual.pointer, passes.normed.pointer)
    passes.normalize(embeddings, layer.inputNorm, rows: rows, into: normed, stride: 2 * width)
    passes.normalize(states, model.hiddenNorm, rows: rows, into: normed + width, stride: 2 * width)
    let before = cache.length
    passes.prepareAngles(from: before, rows: rows)
    passes.append(layer, cache, normed, rows: rows)
    rowsRun += rows
    guard wantsOutput else { return }
    let last = rows - 1
    let input = normed + last * 2 * width
    residual.update(from: model.normsResidual ? UnsafePointer(input + width) : states + last * width, count: width)
    passes.attend(layer, cache, input, rows: 1, angle: last) { _ in 0..<before + rows }
    passes.feedForward(layer, rows: 1)
    onStep?(residual)
  }

  package func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    guard request.count > 0, streams.count > 0 else { return }
    run(streams.count, wantsOutput: true)
    streams.keepLast(0)
    embeddings.keepLast(0)
    let kept = cache.length
    drafts.append(choose(outputLogits()))
    while drafts.count < request.count, let token = drafts.last {
      let width = model.shape.hidden
      // The output of one step is the state of the next.
      own.pointer.update(from: passes.residual.pointer, count: width)
      if fused.count < width { fused = FloatBuffer(count: width) }
      embed(token, nil, into: fused.pointer)
      step(own.pointer, fused.pointer, rows: 1, wantsOutput: true)
      drafts.append(choose(outputLogits()))
    }
    cache.truncate(to: kept)
  }

  private func outputLogits() -> UnsafePointer<Float> {
    passes.normalize(passes.residual.pointer, model.norm, rows: 1, into: passes.normed.pointer)
    engine.products.removeAll()
    engine.products.append(model.output, passes.normed.pointer, rows: 1, into: draftLogits.pointer)
    engine.products.run(engine.pool)
    guard let tokens = model.tokens else { return UnsafePointer(draftLogits.pointer) }
    for (id, token) in tokens.enumerated() { logits.pointer[token] = draftLogits.pointer[id] }
    return UnsafePointer(logits.pointer)
  }
}
