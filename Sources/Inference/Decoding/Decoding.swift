/// A decoding under way: a sequence of tokens. Stopping to ask for tokens is all it takes to end it early.
public final class Decoding: Sequence, IteratorProtocol {
  /// Why a decoding ended.
  public enum Finish: Sendable, Hashable {
    /// A stop token was decoded; it is the last token given.
    case stop(Int)
    /// The limit was reached.
    case limit
  }

  /// Nil while tokens may still come, and after a failure.
  public private(set) var finish: Finish?
  /// What ended the decoding before its time; ``requireSuccess()`` throws it.
  public private(set) var failure: InferenceError?
  /// Counts and times so far.
  public private(set) var statistics = DecodingStatistics()
  private let session: DecodingSession
  private let prompt: Prompt
  private let method: DecodingMethod
  private let options: DecodingOptions
  private var check: DraftCheck
  /// Tokens decoded but not yet given.
  private var ready: [Int] = []
  private var given = 0
  /// Tokens decoded.
  private var count = 0
  /// The newest token, not yet run through the target.
  private var newest = 0
  private var rows = PassRows()
  // Of a round; they keep their memory for the next one.
  private var drafts: [Int] = []
  private var emitted: [Int] = []
  private var pairs = PassRows()
  /// What the engine had read before the first round.
  private var bytesBefore = 0

  private var engine: TextEngine { session.engine }
  private let controller: any DraftController

  /// - Throws: ``InferenceError/logits(model:of:position:token:)``.
  init(
    _ session: DecodingSession, _ prompt: Prompt, _ method: DecodingMethod, _ options: DecodingOptions
  ) throws(InferenceError) {
    self.session = session
    self.prompt = prompt
    self.method = method
    self.options = options
    check = DraftCheck(options.sampling, vocabulary: session.model.configuration.vocabulary)
    controller = session.controller(for: method)
    let operations = engine.products.operations
    statistics.promptTime = ContinuousClock().measure { runPrompt() }
    statistics.promptOperations = engine.products.operations - operations
    bytesBefore = engine.products.weightBytes
    try requireSuccess()
  }

  /// To be asked when no token comes any more: a decoding that failed ends like one that is done.
  /// - Throws: ``InferenceError/logits(model:of:position:token:)``.
  public func requireSuccess() throws(InferenceError) {
    if let failure { throw failure }
  }

  /// Whether logits can be chosen by; else the decoding has failed.
  private func areGood(_ check: (FiniteLogits) throws(InferenceError) -> Void) -> Bool {
    do {
      try check(FiniteLogits(model: session.model))
    } catch {
      failure = error
    }
    return failure == nil
  }

  /// The next token; nil at the end.
  public func next() -> Int? {
    while given == ready.count {
      guard finish == nil, failure == nil else { return nil }
      ready.removeAll(keepingCapacity: true)
      given = 0
      round()
    }
    given += 1
    return ready[given - 1]
  }

  /// Runs the prompt chunk by chunk and decodes the first token.
  private func runPrompt() {
    var start = session.tokens.count
    statistics.reusedRows = start
    while start < prompt.tokens.count {
      let end = Swift.min(start + session.promptChunk, prompt.tokens.count)
      let embeddings = prompt.embeddings.isEmpty ? [:] : given(start...end)
      fill(start..<end, embeddings)
      engine.run(rows, state: session.state, recording: false)
      session.commit(prompt.tokens[start..<end])
      statistics.targetPasses += 1
      statistics.targetRows += end - start
      if end == prompt.tokens.count { decodeFirst(row: end - start - 1) }
      // The first token may have been cut by a limit of 0; the pairs before it are true all the same.
      observePrompt(start..<end, embeddings)
      start = end
    }
    statistics.promptRows = prompt.tokens.count - statistics.reusedRows
  }

  private func decodeFirst(row: Int) {
    guard options.limit > 0 else {
      finish = .limit
      return
    }
    let logits = engine.logits(rows: row..<row + 1)
    let position = prompt.tokens.count - 1
    guard areGood({ (finite) throws(InferenceError) in try finite.require(logits, position: position) }) else { return }
    newest = check.choose(logits)
    report(0, newest, logits)
    give([newest])
  }

  /// Each row of the prompt with the token behind it.
  private func observePrompt(_ range: Range<Int>, _ embeddings: [Int: FloatBuffer]) {
    guard !session.drafters.isEmpty else { return }
    var pairs = PassRows()
    for index in range {
      let next = index + 1
      pairs.tokens.append(next < prompt.tokens.count ? prompt.tokens[next] : newest)
      pairs.positions.append(prompt.position(index))
      pairs.given.append(embeddings[next].map { UnsafePointer($0.pointer) })
    }
    session.observe(prompt.tokens[range], pairs)
  }

  private func fill(_ range: Range<Int>, _ embeddings: [Int: FloatBuffer]) {
    rows.removeAll()
    for index in range {
      rows.tokens.append(prompt.tokens[index])
      rows.positions.append(prompt.position(index))
      rows.given.append(embeddings[index].map { UnsafePointer($0.pointer) })
    }
  }

  /// Embeddings of the prompt for tokens of a range.
  private func given(_ range: ClosedRange<Int>) -> [Int: FloatBuffer] {
    prompt.embeddings.filter { range.contains($0.key) }.mapValues { FloatBuffer($0) }
  }

  /// Drafts, lets the target check, takes back what it refused, and gives the rest.
  private func round() {
    let clock = ContinuousClock()
    let base = session.tokens.count
    let position = prompt.position(base).time
    let room = options.limit - count - 1
    let outlook = DraftOutlook(room: room, known: base + 1, copyable: session.copyable)
    let plan = controller.plan(outlook)
    let depth = Swift.min(plan.depth, room)
    check.beginDraft()
    drafts.removeAll(keepingCapacity: true)
    emitted.removeAll(keepingCapacity: true)
    let choices = check.time
    let draftTime = clock.measure {
      guard depth > 0, let kind = plan.kind, let drafter = session.drafters[kind] else { return }
      drafter.draft(DraftRequest(count: depth, room: room, position: position), into: &drafts) { logits in
        let isGood = areGood { (finite) throws(InferenceError) in
          try finite.require(draft: logits, of: kind, position: base)
        }
        return isGood ? check.draft(logits) : 0
      }
    }
    guard failure == nil else { return }
    let draftChoices = check.time - choices
    let look = plan.looks ? drafts.first : nil
    if look != nil { drafts.removeAll(keepingCapacity: true) }
    rows.removeAll()
    for index in 0...drafts.count {
      rows.tokens.append(index == 0 ? newest : drafts[index - 1])
      rows.positions.append(TokenPosition(position + index))
    }
    var kept = 0
    let verifyTime = clock.measure {
      engine.run(rows, state: session.state, recording: !drafts.isEmpty)
      kept = verify()
    }
    guard failure == nil else { return session.forget() }
    let rollbackTime = clock.measure { settle() }
    record(plan, accepted: kept, known: base + 1)
    let allChoices = check.time - choices
    statistics.draftTime += draftTime - draftChoices
    statistics.verifyTime += verifyTime - (allChoices - draftChoices)
    statistics.samplingTime += allChoices
    statistics.rollbackTime += rollbackTime
    var agreement: Double?
    if let look, let token = emitted.first {
      statistics.looks += 1
      agreement = check.agreement(look, with: token)
    }
    controller.record(
      DraftedRound(
        plan: plan, outlook: outlook, drafted: drafts.count, accepted: kept, tokens: emitted.count,
        agreement: agreement, draftSeconds: draftTime.seconds, verifySeconds: verifyTime.seconds))
  }

  /// How many drafts stay. The tokens to give are those and the next one, cut at a stop token.
  private func verify() -> Int {
    if case .optimistic = method {
      emitted += drafts
      if let stop = emitted.firstIndex(where: { options.stops.contains($0) }) {
        emitted.removeSubrange((stop + 1)...)
        return stop + 1
      }
      let logits = engine.logits(rows: drafts.count..<drafts.count + 1)
      let position = session.tokens.count + drafts.count
      guard areGood({ (finite) throws(InferenceError) in try finite.require(logits, position: position) }) else {
        return 0
      }
      let token = check.choose(logits)
      report(count + drafts.count, token, logits)
      emitted.append(token)
      return drafts.count
    }
    let vocabulary = session.model.configuration.vocabulary
    let logits = engine.logits(rows: 0..<drafts.count + 1)
    let (rows, position) = (drafts.count + 1, session.tokens.count)
    let areAllGood = areGood { (finite) throws(InferenceError) in
      try finite.require(logits, rows: rows, position: position)
    }
    guard areAllGood else { return 0 }
    for place in 0...drafts.count {
      let row = logits + place * vocabulary
      let draft = place < drafts.count ? drafts[place] : nil
      let (stays, token) = check.check(draft, place: place, row)
      report(count + place, token, row)
      emitted.append(token)
      if !stays { return place }
      if options.stops.contains(token) { return place + 1 }
    }
    return drafts.count
  }

  /// Keeps the rows whose next token was given; the row of the last one given has not been run.
  private func settle() {
    session.commit(rows.tokens[..<emitted.count])
    if !session.drafters.isEmpty {
      pairs.removeAll()
      pairs.tokens += emitted
      pairs.positions += rows.positions[..<emitted.count]
      session.observe(rows.tokens[..<emitted.count], pairs)
    }
    newest = emitted.last ?? newest
  }

  private func record(_ plan: DraftPlan, accepted: Int, known: Int) {
    statistics.rounds += 1
    statistics.targetPasses += 1
    statistics.targetRows += drafts.count + 1
    if case .optimistic = method {
      statistics.unchecked += Swift.min(drafts.count, emitted.count)
    } else {
      statistics.count(plan.kind, drafted: drafts.count, accepted: accepted)
    }
    statistics.headRows = session.drafters.values.reduce(0) { $0 + $1.rowsRun }
    statistics.weightBytes = engine.products.weightBytes - bytesBefore
    statistics.draftVocabulary = session.drafters.values.compactMap(\.draftVocabulary).max()
    statistics.shortlistLoss = (session.drafters[.mtp] as? MTPDrafter)?.shortlistLoss
    options.onRound?(
      DecodingRound(
        knownTokens: known, drafts: drafts, accepted: accepted, emitted: emitted,
        drafter: drafts.isEmpty ? nil : plan.kind))
    give(emitted)
  }

  private func give(_ tokens: [Int]) {
    ready += tokens
    count += tokens.count
    statistics.tokens = count
    if let last = tokens.last, options.stops.contains(last) {
      finish = .stop(last)
    } else if count >= options.limit {
      finish = .limit
    }
  }

  private func report(_ index: Int, _ token: Int, _ logits: UnsafePointer<Float>) {
    options.onLogits?(
      index, token, UnsafeBufferPointer(start: logits, count: session.model.configuration.vocabulary))
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
