/// What a pass left of the rows of one decoding.
struct PassOutcome {
  /// The first of them in the pass.
  let first: Int
  /// Hidden states of the rows, as the head takes them: [rows, H].
  let hidden: UnsafePointer<Float>
  /// How long the pass took; of one that several share, this one's part.
  let time: Duration
  /// Logits [wanted rows, V]; asked for at most once, before any pass of a drafter.
  let logits: () -> UnsafePointer<Float>
}

/// A round between its plan and the pass that checks its drafts.
struct PlannedRound {
  let plan: DraftPlan
  let outlook: DraftOutlook
  /// Most drafts.
  let depth: Int
  /// The position of the newest token, on all axes.
  let position: Int
  /// Tokens whose rows are in the state.
  let base: Int
  /// Time spent on choices before the round, and up to the pass.
  let choicesBefore: Duration
  var draftChoices = Duration.zero
  var draftTime = Duration.zero
  /// A draft that is only compared with the target's own token.
  var look: Int?
}

// A decoding in steps: what it wants of the next pass, and what it makes of it. Alone it makes its passes itself; together
// with others they are made for all (``SharedPasses``). Nothing here tells the two apart.
extension Decoding {
  /// Tokens of the prompt that have not been run.
  package var waitingRows: Int { Swift.max(0, prompt.tokens.count - session.tokens.count) }

  /// Whether no token comes any more.
  package var isDone: Bool { finish != nil || failure != nil }

  /// Whether logits can be chosen by; else the decoding has failed.
  private func areGood(_ check: (FiniteLogits) throws(InferenceError) -> Void) -> Bool {
    do {
      try check(FiniteLogits(model: session.model))
    } catch {
      failure = error
    }
    return failure == nil
  }

  /// Takes up what the pass made of the rows that were due.
  func complete(_ pass: PassOutcome) {
    if waitingRows > 0 { completePrompt(pass) } else { completeRound(pass) }
  }

  // MARK: The prompt

  /// The next rows of the prompt, at most so many.
  func fillPrompt(most: Int) {
    let start = session.tokens.count
    let end = Swift.min(start + Swift.max(1, Swift.min(most, session.promptChunk)), prompt.tokens.count)
    embeddings =
      prompt.embeddings.isEmpty
      ? [:] : prompt.embeddings.filter { (start...end).contains($0.key) }.mapValues { FloatBuffer($0) }
    rows.removeAll()
    for index in start..<end {
      rows.tokens.append(prompt.tokens[index])
      rows.positions.append(prompt.position(index))
      rows.given.append(embeddings[index].map { UnsafePointer($0.pointer) })
    }
    isRecording = false
    wanted = end == prompt.tokens.count && options.limit > 0 ? rows.count - 1..<rows.count : 0..<0
  }

  private func completePrompt(_ pass: PassOutcome) {
    let start = session.tokens.count
    let range = start..<start + rows.count
    session.commit(prompt.tokens[range])
    statistics.targetPasses += 1
    statistics.targetRows += range.count
    statistics.promptTime += pass.time
    let isWhole = range.upperBound == prompt.tokens.count
    if isWhole { decodeFirst(pass) }
    // The first token may have been cut by a limit of 0; the pairs before it are true all the same.
    observePrompt(range, pass)
    statistics.promptRows = range.upperBound - statistics.reusedRows
    if isWhole {
      bytesBefore = engine.products.weightBytes
      embeddings.removeAll()
    }
  }

  private func decodeFirst(_ pass: PassOutcome) {
    guard options.limit > 0 else {
      finish = .limit
      return
    }
    let logits = pass.logits()
    let position = prompt.tokens.count - 1
    guard areGood({ (finite) throws(InferenceError) in try finite.require(logits, position: position) }) else { return }
    applyRules(logits)
    guard let token = choice(logits, at: 0) else { return }
    newest = token
    report(0, newest, logits)
    give([newest])
  }

  /// Each row of the prompt with the token after it.
  private func observePrompt(_ range: Range<Int>, _ pass: PassOutcome) {
    guard !session.drafters.isEmpty else { return }
    var pairs = PassRows()
    for index in range {
      let next = index + 1
      pairs.tokens.append(next < prompt.tokens.count ? prompt.tokens[next] : newest)
      pairs.positions.append(prompt.position(index))
      pairs.given.append(embeddings[next].map { UnsafePointer($0.pointer) })
    }
    session.observe(prompt.tokens[range], pairs, pass)
  }

  // MARK: A round

  /// Says what the round drafts.
  func planDraft() {
    let base = session.tokens.count
    let room = options.limit - count - 1
    let outlook = DraftOutlook(room: room, known: base + 1, copyable: session.copyable)
    let plan = controller.plan(outlook)
    round = PlannedRound(
      plan: plan, outlook: outlook, depth: Swift.min(plan.depth, room), position: prompt.position(base).time,
      base: base,
      choicesBefore: check.time)
    check.beginDraft(at: count)
    drafts.removeAll(keepingCapacity: true)
    emitted.removeAll(keepingCapacity: true)
  }

  /// Who is to draft, and what; nil for nobody.
  var draftTurn: (drafter: any Drafter, request: DraftRequest)? {
    guard let round, round.depth > 0, let kind = round.plan.kind, let drafter = session.drafters[kind] else {
      return nil
    }
    return (drafter, DraftRequest(count: round.depth, room: round.outlook.room, position: round.position))
  }

  /// Lets the drafter draft by itself.
  func draftAlone() {
    guard let turn = draftTurn else { return }
    turn.drafter.draft(turn.request, into: &drafts) { chooseDraft($0) ?? 0 }
  }

  /// A draft by its logits; nil, and the decoding has failed, when they are no numbers.
  func chooseDraft(_ logits: UnsafePointer<Float>) -> Int? {
    guard let round, let kind = round.plan.kind else { return nil }
    let isGood = areGood { (finite) throws(InferenceError) in
      try finite.require(draft: logits, of: kind, position: round.base)
    }
    return isGood ? check.draft(logits) : nil
  }

  /// The newest token and the drafts after it.
  func fillRound() {
    guard var round else { return }
    round.draftChoices = check.time - round.choicesBefore
    round.look = round.plan.looks ? drafts.first : nil
    self.round = round
    if round.look != nil { drafts.removeAll(keepingCapacity: true) }
    rows.removeAll()
    for index in 0...drafts.count {
      rows.tokens.append(index == 0 ? newest : drafts[index - 1])
      rows.positions.append(TokenPosition(round.position + index))
    }
    isRecording = !drafts.isEmpty
    // Optimistic decoding looks at what follows its drafts alone.
    if case .optimistic = method { wanted = drafts.count..<drafts.count + 1 } else { wanted = 0..<drafts.count + 1 }
  }

  private func completeRound(_ pass: PassOutcome) {
    guard let round else { return }
    let clock = ContinuousClock()
    var kept = 0
    let verifyTime = pass.time + clock.measure { kept = verify(pass) }
    guard failure == nil else { return session.forget() }
    let rollbackTime = clock.measure { settle(pass) }
    record(round.plan, accepted: kept, known: round.base + 1)
    let allChoices = check.time - round.choicesBefore
    statistics.draftTime += round.draftTime - round.draftChoices
    statistics.verifyTime += verifyTime - (allChoices - round.draftChoices)
    statistics.samplingTime += allChoices
    statistics.rollbackTime += rollbackTime
    var agreement: Double?
    if let look = round.look, let token = emitted.first {
      statistics.looks += 1
      agreement = look == token ? 1 : 0
    }
    controller.record(
      DraftedRound(
        plan: round.plan, outlook: round.outlook, drafted: drafts.count, accepted: kept, tokens: emitted.count,
        agreement: agreement, draftSeconds: round.draftTime.seconds, verifySeconds: verifyTime.seconds))
  }

  /// How many drafts stay. The tokens to return are those and the next one, cut at a stop token.
  private func verify(_ pass: PassOutcome) -> Int {
    if case .optimistic = method { return takeUnchecked(pass) }
    let vocabulary = session.model.configuration.vocabulary
    let logits = pass.logits()
    let (rows, position) = (drafts.count + 1, session.tokens.count)
    let areAllGood = areGood { (finite) throws(InferenceError) in
      try finite.require(logits, rows: rows, position: position)
    }
    guard areAllGood else { return 0 }
    for place in 0...drafts.count {
      let row = logits + place * vocabulary
      let draft = place < drafts.count ? drafts[place] : nil
      applyRules(row)
      guard let token = choice(row, at: count + place) else { return 0 }
      report(count + place, token, row)
      emitted.append(token)
      if token != draft { return place }
      if options.stops.contains(token) { return place + 1 }
    }
    return drafts.count
  }

  private func takeUnchecked(_ pass: PassOutcome) -> Int {
    emitted += drafts
    if let stop = emitted.firstIndex(where: { options.stops.contains($0) }) {
      emitted.removeSubrange((stop + 1)...)
      return stop + 1
    }
    let logits = pass.logits()
    let position = session.tokens.count + drafts.count
    guard areGood({ (finite) throws(InferenceError) in try finite.require(logits, position: position) }) else {
      return 0
    }
    applyRules(logits)
    guard let token = choice(logits, at: count + drafts.count) else { return 0 }
    report(count + drafts.count, token, logits)
    emitted.append(token)
    return drafts.count
  }

  /// The target's own token by its logits [V], at an index among the tokens decoded; nil, and the decoding has failed,
  /// when its constraint leaves none.
  ///
  /// A draft stays only when it is this token, so every token that is chosen is a token of the text, and the constraint
  /// goes on with it: nothing of it is ever taken back.
  private func choice(_ logits: UnsafePointer<Float>, at index: Int) -> Int? {
    guard let constraint else { return check.choose(logits, at: index) }
    guard let token = check.choose(logits, at: index, under: constraint) else {
      failure = .constraint(position: prompt.tokens.count + index - 1)
      return nil
    }
    constraint.take(token)
    return token
  }

  /// Lets the rules change the logits [V] of the next token: the one after those decoded, those of this round included.
  private func applyRules(_ logits: UnsafePointer<Float>) {
    guard !options.rules.isEmpty else { return }
    // The engine's own memory, which holds these logits until its next product of them.
    let row = UnsafeMutableBufferPointer(
      start: UnsafeMutablePointer(mutating: logits), count: session.model.configuration.vocabulary)
    let tokens = decoded + emitted
    for rule in options.rules { rule.apply(to: row, prompt: prompt.tokens, decoded: tokens) }
  }

  /// Keeps the rows whose next token was given; the row of the last one given has not been run.
  private func settle(_ pass: PassOutcome) {
    session.commit(rows.tokens[..<emitted.count])
    if !session.drafters.isEmpty {
      pairs.removeAll()
      pairs.tokens += emitted
      pairs.positions += rows.positions[..<emitted.count]
      session.observe(rows.tokens[..<emitted.count], pairs, pass)
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

  private func report(_ index: Int, _ token: Int, _ logits: UnsafePointer<Float>) {
    options.onLogits?(
      index, token, UnsafeBufferPointer(start: logits, count: session.model.configuration.vocabulary))
  }
}
