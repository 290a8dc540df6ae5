/// Drafts with the MTP head, which has its own key/value cache: a row for each pair of a token and the target's
/// hidden state before it.
///
/// Pairs wait until the next draft, so that true pairs and the first drafted token take one pass. Drafting on, the
/// head takes its own output as hidden state; such rows are provisional and replaced by true pairs once the target
/// has checked the draft.
package final class MTPDrafter: Drafter {
  private let engine: TextEngine
  private let head: MTPHead
  private let cache: AttentionCache
  /// Rows of the cache made from true pairs.
  private var trueRows = 0
  /// Pairs not yet run; the last observed pair always waits here.
  private var waiting = PassRows()
  private var waitingHidden: FloatBuffer
  /// A drafted token on its way through the head.
  private var row = PassRows()
  /// Copies of given embeddings of waiting rows.
  private var embeddings: [FloatBuffer] = []
  package private(set) var rowsRun = 0
  var plantedDefect: PlantedDefect?
  /// The tokens that may be drafted; nil for all.
  private var shortlist: DraftShortlist?
  /// How often the text leaves it, where that decides whether it is taken; nil where it always is.
  private var loss: ShortlistLoss?
  /// [V] with a shortlist: −infinity for the ids that are not in it.
  private var shortLogits = FloatBuffer(count: 0)

  /// Waiting pairs beyond which the cache is filled at once.
  private static let most = 32

  /// Whether the head is the model's as it is, which other sequences run too.
  private let isModels: Bool

  init(_ head: MTPHead, engine: TextEngine, isModels: Bool = false, positions: Int = AttentionCache.usual) {
    self.engine = engine
    self.head = head
    self.isModels = isModels
    cache = AttentionCache(width: engine.configuration.attention.cacheWidth, capacity: positions)
    waitingHidden = FloatBuffer(count: 64 * engine.configuration.hidden)
  }

  private init(copying other: MTPDrafter, engine: TextEngine, positions: Int? = nil) {
    self.engine = engine
    head = other.head
    isModels = other.isModels
    cache = other.cache.copy(positions: positions)
    cache.truncate(to: other.trueRows)
    trueRows = other.trueRows
    waiting = other.waiting
    embeddings = other.embeddings
    shortlist = other.shortlist
    loss = other.loss
    shortLogits = FloatBuffer(other.shortLogits.values)
    waitingHidden = FloatBuffer(count: other.waitingHidden.count)
    waitingHidden.pointer.update(from: other.waitingHidden.pointer, count: other.waitingHidden.count)
  }

  package func copy(engine: TextEngine) -> any Drafter { MTPDrafter(copying: self, engine: engine) }

  package func copy(engine: TextEngine, positions: Int) -> any Drafter {
    MTPDrafter(copying: self, engine: engine, positions: positions)
  }

  package var draftVocabulary: Int? { loss?.isTooHigh == true ? nil : shortlist?.count }

  /// Drafts from all ids while the text leaves the shortlist too often; else the shortlist is taken whatever it costs.
  package func measureLoss(_ isMeasured: Bool) {
    if isMeasured != (loss != nil) { loss = isMeasured ? ShortlistLoss() : nil }
  }

  /// Share of the last tokens that were outside the shortlist; nil where nobody counts.
  package var shortlistLoss: Double? { shortlist == nil ? nil : loss?.share }

  package var numbers: Int { cache.numbers + others }

  package var heldNumbers: Int { cache.heldNumbers + others }

  private var others: Int {
    embeddings.reduce(waitingHidden.count + shortLogits.count) { $0 + $1.count }
  }

  package func begin(_ tokens: [Int], shortlist: Int, prediction: [Int]) { useShortlist(shortlist, tokens: tokens) }

  /// Drafts only the `lowest` ids of the vocabulary and those of `tokens` and of what is observed from now on; all ids for
  /// 0 and for the whole vocabulary.
  package func useShortlist(_ lowest: Int, tokens: [Int]) {
    let vocabulary = engine.configuration.vocabulary
    guard lowest > 0, lowest < vocabulary else {
      shortlist = nil
      return
    }
    shortlist = DraftShortlist(lowest: lowest, tokens: tokens)
    shortLogits = FloatBuffer(count: vocabulary)
    shortLogits.pointer.update(repeating: -.infinity, count: vocabulary)
  }

  package func observe(_ kept: KeptRows) {
    let (rows, hidden) = (kept.pairs, kept.hidden)
    if let shortlist {
      for token in rows.tokens { loss?.observe(isOutside: !shortlist.contains(token)) }
    }
    shortlist?.insert(rows.tokens)
    if plantedDefect != .headCache { cache.truncate(to: trueRows) }
    let width = engine.configuration.hidden
    let count = waiting.count + rows.count
    if count * width > waitingHidden.count {
      let larger = FloatBuffer(count: 2 * count * width)
      larger.pointer.update(from: waitingHidden.pointer, count: waiting.count * width)
      waitingHidden = larger
    }
    waitingHidden.pointer.advanced(by: waiting.count * width).update(from: hidden, count: rows.count * width)
    for row in 0..<rows.count { append(rows.tokens[row], rows.positions[row], rows.embedding(row)) }
    if waiting.count > MTPDrafter.most { fillAllButLast() }
  }

  private func append(_ token: Int, _ position: TokenPosition, _ embedding: UnsafePointer<Float>?) {
    waiting.tokens.append(token)
    waiting.positions.append(position)
    waiting.given.append(embedding.map(keep))
  }

  private func keep(_ embedding: UnsafePointer<Float>) -> UnsafePointer<Float> {
    let width = engine.configuration.hidden
    let copy = FloatBuffer(count: width)
    copy.pointer.update(from: embedding, count: width)
    embeddings.append(copy)
    return UnsafePointer(copy.pointer)
  }

  private func fillAllButLast() {
    let width = engine.configuration.hidden
    let count = waiting.count - 1
    _ = engine.runHead(
      head, waiting.prefix(count), hidden: waitingHidden.pointer, cache: cache, producing: false)
    rowsRun += count
    trueRows = cache.length
    waitingHidden.pointer.update(from: waitingHidden.pointer + count * width, count: width)
    waiting = waiting.suffix(1)
    // The last row of a pass may be a picture's for many passes: of the others nothing is kept.
    let last = waiting.embedding(0)
    embeddings.removeAll { UnsafePointer($0.pointer) != last }
  }

  package func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    guard request.count > 0, waiting.count > 0 else { return }
    var hidden = engine.runHead(head, [trueSegment], producing: true)
    ranTrueRows()
    while let output = hidden {
      drafts.append(choose(logits(of: output)))
      guard drafts.count < request.count, let token = drafts.last else { break }
      hidden = engine.runHead(
        head, [segment(behind: token, place: drafts.count, request, hidden: output)], producing: true)
      rowsRun += 1
    }
  }

  private func logits(of output: UnsafePointer<Float>) -> UnsafePointer<Float> {
    guard let shortlist, loss?.isTooHigh != true else { return engine.logits(of: output, rows: 1) }
    engine.logits(of: output, tokens: shortlist.ranges, into: shortLogits.pointer)
    return UnsafePointer(shortLogits.pointer)
  }

  package var together: MTPDrafter? { isModels ? self : nil }

  package func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {
    guard !waiting.tokens.isEmpty else { return }
    waiting.tokens[waiting.count - 1] = token
    waiting.given[waiting.count - 1] = embedding.map(keep)
  }
}

/// A draft of one sequence among several that are made in one go.
package struct MTPTurn {
  /// Who drafts.
  let drafter: MTPDrafter
  /// How much, and where.
  let request: DraftRequest
  /// Chooses a token from draft logits [V]; nil ends the draft.
  let choose: (UnsafePointer<Float>) -> Int?
  /// What was drafted.
  var drafts: [Int] = []
}

extension MTPDrafter {
  /// Drafts for several sequences: each step of the head is one pass for all that still draft. Every draft is the one that
  /// ``draft(_:into:choose:)`` makes.
  /// - Parameters:
  ///   - turns: One a sequence, of drafters with one and the same head.
  ///   - engine: The engine of all of them.
  static func draft(_ turns: inout [MTPTurn], on engine: TextEngine) {
    var active = turns.indices.filter { turns[$0].request.count > 0 && turns[$0].drafter.waiting.count > 0 }
    guard let first = active.first else { return }
    let (head, width) = (turns[first].drafter.head, engine.configuration.hidden)
    var output = engine.runHead(head, active.map { turns[$0].drafter.trueSegment }, producing: true)
    for index in active { turns[index].drafter.ranTrueRows() }
    while let rows = output {
      let logits = MTPDrafter.logits(of: rows, active.map { turns[$0].drafter })
      var next: [Int] = []
      var segments: [HeadSegment] = []
      for (place, index) in active.enumerated() {
        guard let token = turns[index].choose(logits(place)) else { continue }
        turns[index].drafts.append(token)
        guard turns[index].drafts.count < turns[index].request.count else { continue }
        next.append(index)
        segments.append(
          turns[index].drafter.segment(
            behind: token, place: turns[index].drafts.count, turns[index].request, hidden: rows + place * width))
      }
      active = next
      output = active.isEmpty ? nil : engine.runHead(head, segments, producing: true)
      for index in active { turns[index].drafter.rowsRun += 1 }
    }
  }

  /// The pairs that wait.
  private var trueSegment: HeadSegment { HeadSegment(rows: waiting, hidden: waitingHidden.pointer, cache: cache) }

  /// Counts the pairs that waited and were run.
  private func ranTrueRows() {
    rowsRun += waiting.count
    trueRows = cache.length
    waiting.removeAll()
    if !embeddings.isEmpty { embeddings.removeAll() }
  }

  /// The row of a drafted token; it has the position of the token before its own.
  private func segment(
    behind token: Int, place: Int, _ request: DraftRequest, hidden: UnsafePointer<Float>
  ) -> HeadSegment {
    row.removeAll()
    row.tokens.append(token)
    row.positions.append(TokenPosition(request.position + place - 1))
    return HeadSegment(rows: row, hidden: hidden, cache: cache)
  }

  /// Logits of outputs [drafters, H], by number: from one product where all ids may be drafted.
  private static func logits(
    of outputs: UnsafePointer<Float>, _ drafters: [MTPDrafter]
  ) -> (Int) -> UnsafePointer<Float> {
    let (engine, width) = (drafters[0].engine, drafters[0].engine.configuration.hidden)
    guard drafters.allSatisfy({ $0.shortlist == nil }) else {
      return { drafters[$0].logits(of: outputs + $0 * width) }
    }
    let (logits, vocabulary) = (engine.logits(of: outputs, rows: drafters.count), engine.configuration.vocabulary)
    return { logits + $0 * vocabulary }
  }
}
