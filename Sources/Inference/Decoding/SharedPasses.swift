import Threads

/// Steps of many decodings on one engine: one pass of the target for the rows of all of them, one pass of the head for
/// each place of their drafts.
///
/// Each decoding has its own state, drafters and random numbers, and takes up its rows of a pass as it does alone
/// (``Decoding``). Rows do not see each other (``TextEngine``), so each yields what it yields alone, bit for bit, whoever
/// shares its passes.
package final class SharedPasses {
  /// A decoding that takes part in a step.
  package struct Turn {
    /// The decoding, which belongs to one of this object's sessions.
    package let decoding: Decoding
    /// Most rows of its prompt that the step runs, while the prompt is run.
    package let promptRows: Int

    /// A decoding with all rows of its prompt that a pass may have, unless fewer are named.
    package init(_ decoding: Decoding, promptRows: Int = .max) {
      self.decoding = decoding
      self.promptRows = promptRows
    }
  }

  /// Places in a step, for tests that let something happen there.
  package enum Point: Sendable, CaseIterable {
    /// The drafts are made.
    case drafted
    /// The rows of the pass are known.
    case filled
    /// The pass has run; nobody has looked at it.
    case ran
  }

  /// What a step was.
  package struct Step: Sendable, Hashable {
    /// Rows of its pass.
    package var rows = 0
    /// Rows of prompts, among those.
    package var promptRows = 0
    /// Time of the pass, without drafts.
    package var passTime = Duration.zero
    /// Time of the drafts.
    package var draftTime = Duration.zero

    /// Seconds of the pass and the drafts.
    package var seconds: Double { (passTime + draftTime).seconds }
  }

  /// The model.
  package let model: LoadedModel
  let engine: TextEngine
  /// [rows, H]: what the head takes of the last pass, where a drafter's pass does not reach it.
  private var hidden = FloatBuffer(count: 0)
  /// [wanted rows, H]: what logits are made of.
  private var finals = FloatBuffer(count: 0)
  /// Rows whose logits are there at once, more only for one decoding.
  private static let logitRows = 64
  /// What passes cost, by which each pays for its part.
  private var cost = PassCost()
  /// Called at each point of a step; what it throws ends the step, and no decoding of it can go on.
  package var onPoint: ((Point) throws -> Void)?

  /// - Parameters:
  ///   - model: The model.
  ///   - pool: The threads that compute.
  ///   - arithmetic: The arithmetic of the products.
  package init(_ model: LoadedModel, pool: WorkerPool, arithmetic: Arithmetic = .canonical) {
    self.model = model
    engine = TextEngine(model, pool: pool, arithmetic: arithmetic)
  }

  /// See ``TextEngine/plantedLeak``.
  package var plantedLeak: Bool {
    get { engine.plantedLeak }
    set { engine.plantedLeak = newValue }
  }

  /// Bytes of weights that were read so far; a matrix counts once a pass.
  package var weightBytes: Int { engine.products.weightBytes }

  /// A session whose passes are made here.
  /// - Parameters:
  ///   - promptChunk: Rows of a pass over its prompt at most.
  ///   - positions: There is room for so many from the beginning.
  package func session(promptChunk: Int = 256, positions: Int) -> DecodingSession {
    DecodingSession(model, sharing: engine, promptChunk: promptChunk, positions: positions)
  }

  /// One step of decodings of this object's sessions. Those that are done take no part.
  /// - Throws: What ``onPoint`` throws.
  @discardableResult package func step(_ turns: [Turn]) throws -> Step {
    var step = Step()
    let turns = turns.filter { !$0.decoding.isDone }
    let drafting = turns.map(\.decoding).filter { $0.waitingRows == 0 }
    for decoding in drafting { decoding.planDraft() }
    step.draftTime = ContinuousClock().measure { draft(drafting) }
    try onPoint?(.drafted)
    var members: [Decoding] = []
    for turn in turns where !turn.decoding.isDone {
      if turn.decoding.waitingRows > 0 {
        turn.decoding.fillPrompt(most: turn.promptRows)
        step.promptRows += turn.decoding.rows.count
      } else {
        turn.decoding.fillRound()
      }
      members.append(turn.decoding)
    }
    guard !members.isEmpty else { return step }
    try onPoint?(.filled)
    var starts: [Int] = []
    for member in members {
      starts.append(step.rows)
      step.rows += member.rows.count
    }
    step.passTime = ContinuousClock().measure {
      engine.run(
        members.map { PassSegment(rows: $0.rows, state: $0.session.state, recording: $0.isRecording) })
      keepHidden(members, starts, rows: step.rows)
    }
    try onPoint?(.ran)
    finish(members, starts, &step)
    cost.record(rows: step.rows, seconds: step.passTime.seconds)
    return step
  }

  /// What is taken of a pass is in memory that the head's own passes use.
  private func keepHidden(_ members: [Decoding], _ starts: [Int], rows: Int) {
    let width = model.configuration.hidden
    if hidden.count < rows * width { hidden = FloatBuffer(count: rows * width) }
    hidden.pointer.update(from: engine.headInput(row: 0), count: rows * width)
    let wanted = zip(members, starts).map { $0.wanted.lowerBound + $1..<$0.wanted.upperBound + $1 }
    let count = wanted.reduce(0) { $0 + $1.count }
    if finals.count < count * width { finals = FloatBuffer(count: count * width) }
    engine.copyHidden(rows: wanted, into: finals.pointer)
  }

  /// Lets each take up what the pass left of its rows. Logits are made for some at a time: those of all rows of a long step
  /// would be more than the model.
  private func finish(_ members: [Decoding], _ starts: [Int], _ step: inout Step) {
    let (width, vocabulary) = (model.configuration.hidden, model.configuration.vocabulary)
    let (passTime, clock) = (step.passTime, ContinuousClock())
    var (next, row) = (0, 0)
    while next < members.count {
      let first = next
      var rows = 0
      while next < members.count, next == first || rows + members[next].wanted.count <= SharedPasses.logitRows {
        rows += members[next].wanted.count
        next += 1
      }
      var logits = UnsafePointer(finals.pointer)
      let time = clock.measure {
        if rows > 0 { logits = engine.logits(of: finals.pointer + row * width, rows: rows) }
      }
      step.passTime += time
      row += rows
      for (member, start) in zip(members[first..<next], starts[first..<next]) {
        let own = logits
        logits += member.wanted.count * vocabulary
        let share = cost.share(of: member.rows.count, in: step.rows, sharedBy: members.count)
        let logitShare = Double(member.wanted.count) / Double(max(1, rows))
        member.complete(
          PassOutcome(
            first: start, hidden: hidden.pointer + start * width, time: passTime * share + time * logitShare
          ) { own })
      }
    }
  }

  /// Lets all draft: those with the model's head together, all others one after another.
  private func draft(_ decodings: [Decoding]) {
    var members: [Decoding] = []
    var turns: [MTPTurn] = []
    let clock = ContinuousClock()
    for decoding in decodings {
      guard let turn = decoding.draftTurn else { continue }
      guard let head = turn.drafter.together else {
        let time = clock.measure { decoding.draftAlone() }
        decoding.round?.draftTime = time
        continue
      }
      var place = 0
      members.append(decoding)
      turns.append(
        MTPTurn(drafter: head, request: turn.request) { logits in
          defer { place += 1 }
          return decoding.chooseDraft(logits).map { turn.drafter.said($0, place: place) }
        })
    }
    guard !turns.isEmpty else { return }
    let time = clock.measure { MTPDrafter.draft(&turns, on: engine) }
    for (decoding, turn) in zip(members, turns) {
      decoding.drafts += turn.drafts
      decoding.round?.draftTime = time / turns.count
    }
  }
}
