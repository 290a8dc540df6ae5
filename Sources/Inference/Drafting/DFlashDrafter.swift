/// Drafts a block in one pass (DFlash, z-lab's `dflash/model.py`): the newest token and masks, which see the context
/// through rows made of the trunk's residual streams, and each other as each layer's sight says.
///
/// The cache of a layer has a row for each row of the target's state, none for the newest token. Rows of a block leave it
/// at the end of the draft.
package final class DFlashDrafter: Drafter {
  private let engine: TextEngine
  private let model: DFlashModel
  private let passes: DraftPasses
  /// The parts that only DFlash 2 has.
  private let second: DFlash2Passes?
  private let caches: [AttentionCache]
  /// [rows, T·H]: streams of kept rows that are not yet in the caches.
  private var waiting: WaitingRows
  /// [rows, H].
  private var context = FloatBuffer(count: 0)
  private var newest = 0
  package private(set) var rowsRun = 0
  /// Called with each draft's number of rows, the layer and the residual stream after it [B, H], and at last with the
  /// number of layers and the rows after the final norm; for tests.
  package var onLayer: ((_ layer: Int, _ stream: UnsafePointer<Float>, _ rows: Int) -> Void)?
  /// Called with context rows [rows, H]; for tests.
  package var onContext: ((UnsafePointer<Float>, _ rows: Int) -> Void)?

  /// Rows that wait at most.
  private static let most = 32

  init(_ model: DFlashModel, engine: TextEngine, positions: Int = AttentionCache.usual) {
    self.model = model
    self.engine = engine
    passes = DraftPasses(model.shape, engine: engine)
    second = model.second.map { DFlash2Passes($0, model.shape, engine: engine) }
    caches = model.layers.map { _ in
      AttentionCache(width: model.shape.attention.cacheWidth, capacity: positions)
    }
    waiting = WaitingRows(width: model.taps.count * model.shape.hidden)
  }

  private init(copying other: DFlashDrafter, engine: TextEngine, positions: Int? = nil) {
    self.engine = engine
    model = other.model
    passes = DraftPasses(other.model.shape, engine: engine)
    second = other.model.second.map { DFlash2Passes($0, other.model.shape, engine: engine) }
    caches = other.caches.map { $0.copy(positions: positions) }
    waiting = other.waiting.copy()
    newest = other.newest
  }

  package func copy(engine: TextEngine) -> any Drafter { DFlashDrafter(copying: self, engine: engine) }

  package func copy(engine: TextEngine, positions: Int) -> any Drafter {
    DFlashDrafter(copying: self, engine: engine, positions: positions)
  }

  package var heldNumbers: Int { caches.reduce(waiting.heldNumbers) { $0 + $1.heldNumbers } }

  package var tappedLayers: [Int] { model.taps }

  package var numbers: Int {
    caches.reduce(waiting.buffer.count + context.count + passes.numbers) { $0 + $1.numbers }
  }

  /// Rows of the caches and those that wait: as many as the target's state has.
  package var contextLength: Int { (caches.first?.length ?? 0) + waiting.count }

  package func observe(_ rows: KeptRows) {
    rows.taps.gather(
      model.taps, from: rows.first, rows: rows.count, width: model.shape.hidden, into: waiting.append(rows.count))
    newest = rows.pairs.tokens.last ?? newest
    if waiting.count > DFlashDrafter.most { feed() }
  }

  package func replaceLast(token: Int, embedding: UnsafePointer<Float>?) { newest = token }

  /// Keys and values of the rows that wait: hidden_norm(fc · streams), the same for each layer.
  private func feed() {
    let (count, width) = (waiting.count, model.shape.hidden)
    guard count > 0 else { return }
    if context.count < count * width { context = FloatBuffer(count: count * width) }
    passes.reserve(count)
    engine.products.removeAll()
    engine.products.append(model.fusion, waiting.pointer, rows: count, into: context.pointer)
    engine.products.run(engine.pool)
    passes.normalize(context.pointer, model.contextNorm, rows: count, into: context.pointer)
    onContext?(context.pointer, count)
    passes.prepareAngles(from: caches.first?.length ?? 0, rows: count)
    for (layer, cache) in zip(model.layers, caches) {
      passes.append(layer, cache, context.pointer, rows: count)
    }
    rowsRun += count
    waiting.keepLast(0)
  }

  package func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    feed()
    // Only what may still be returned shortens the block: fewer masks are other drafts. Of those, the first are taken.
    let rows = min(model.block, request.room + 1)
    let wanted = min(request.count, rows - 1)
    let before = caches.first?.length ?? 0
    guard wanted > 0, before > 0 else { return }
    runBlock(rows, before: before)
    rowsRun += rows
    let (width, vocabulary) = (model.shape.hidden, model.shape.vocabulary)
    // Row 0 is the newest token's and predicts nothing.
    let logits = adjusted(engine.logits(of: passes.normed.pointer + width, rows: wanted), rows: wanted)
    if let second {
      drafts += second.select(
        passes.normed.pointer + width, logits: logits, rows: wanted, after: newest, choose: choose)
      return
    }
    for row in 0..<wanted { drafts.append(choose(logits + row * vocabulary)) }
  }

  /// Leaves the normed outputs of the block in the working memory.
  private func runBlock(_ rows: Int, before: Int) {
    let width = model.shape.hidden
    passes.reserve(rows)
    let (residual, normed) = (passes.residual.pointer, passes.normed.pointer)
    for row in 0..<rows {
      Vector.decodeRow(engine.model.embedding, row: row == 0 ? newest : model.maskToken, into: residual + row * width)
    }
    if model.embeddingScale != 1 { Vector.scale(residual, by: model.embeddingScale, count: rows * width) }
    passes.prepareAngles(from: before, rows: rows)
    for (index, layer) in model.layers.enumerated() {
      let (cache, sight) = (caches[index], model.sights[index])
      passes.normalize(residual, layer.inputNorm, rows: rows, into: normed)
      let round = model.second?.layers[index]
      if let second, let round { second.prepare(round.attention, normed, rows: rows) }
      passes.append(layer, cache, normed, rows: rows)
      passes.attend(
        layer, cache, normed, rows: rows,
        finish: { if let second, let round { second.finish(round.attention, $0, rows: rows) } },
        sight: { row in sight.range(before + row, end: before + rows) })
      passes.feedForward(
        layer, rows: rows,
        prepare: { if let second, let round { second.prepare(round.feedForward, $0, rows: rows) } },
        finish: { if let second, let round { second.finish(round.feedForward, $0, rows: rows) } })
      cache.truncate(to: before)
      onLayer?(index, residual, rows)
    }
    passes.normalize(residual, model.norm, rows: rows, into: normed)
    onLayer?(model.layers.count, normed, rows)
  }

  /// Multiplier and bound of the logits, where the model has them.
  private func adjusted(_ logits: UnsafePointer<Float>, rows: Int) -> UnsafePointer<Float> {
    guard model.outputMultiplier != 1 || model.softcap != nil else { return logits }
    let count = rows * model.shape.vocabulary
    let out = UnsafeMutablePointer(mutating: logits)
    for index in 0..<count {
      let scaled = out[index] * model.outputMultiplier
      // tanh x = 2σ(2x) − 1.
      out[index] = model.softcap.map { $0 * (2 * Vector.sigmoid(2 * scaled / $0) - 1) } ?? scaled
    }
    return logits
  }
}
