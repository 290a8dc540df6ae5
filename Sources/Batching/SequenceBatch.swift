import Diagnostics
import Inference
import Threads

/// Sequences that decode together, and those that wait to: the scheduler, without its own thread.
///
/// A step begins with the cancelled ones, admits who waits as long as there is memory, first come first, takes rows of
/// all that decode and of prompts as its pace says, prompts in turn, and tells everyone what became of it. A sequence
/// yields what it yields alone; one that fails ends no other. Nothing is moved when one comes or goes: each has its own
/// state, and the list is only an order.
package final class SequenceBatch {
  private struct Member {
    let job: SequenceJob
    let decoding: Decoding
  }

  private let model: LoadedModel
  private let pool: WorkerPool
  private let options: BatchOptions
  private var passes: SharedPasses
  /// First come first.
  private var waiting: [SequenceJob] = []
  /// Members in the order of their admission.
  private var members: [Member] = []
  private var pace = StepPace()
  private var cache: PrefixCache?
  private var awaited = AwaitedBeginnings()
  /// Members whose rows of this step end where their beginning is to be kept.
  private var marked: Set<Int> = []
  /// The member whose prompt had the last rows.
  private var lastPrompt = -1
  /// Rows of the last step that were no prompt's.
  private var decodingRows = 0
  /// What was done so far.
  package private(set) var counts = BatchCounts()
  /// Called with each step that had rows.
  package var onStep: ((SharedPasses.Step) -> Void)?
  /// See `SharedPasses.onPoint`.
  package var onPoint: ((SharedPasses.Point) throws -> Void)? { didSet { passes.onPoint = onPoint } }
  /// See `SharedPasses.plantedLeak`.
  package var plantedLeak = false { didSet { passes.plantedLeak = plantedLeak } }

  /// - Parameters:
  ///   - model: The model.
  ///   - pool: The threads that compute.
  ///   - options: Their `threads` have no effect here.
  package init(_ model: LoadedModel, pool: WorkerPool, _ options: BatchOptions) {
    self.model = model
    self.pool = pool
    self.options = options
    passes = SharedPasses(model, pool: pool, arithmetic: options.arithmetic)
    cache = options.cache.map { PrefixCache($0) }
  }

  /// Bytes that are reserved for those that run.
  package var reservedBytes: Int { members.reduce(0) { $0 + $1.job.memory.bytes } }
  /// Bytes of beginnings that are kept; with those that are reserved no more than there is memory.
  package var cachedBytes: Int { cache?.bytes ?? 0 }
  /// Tokens of the beginnings that are kept; the most recently used are last.
  package var prefixes: [[Int]] { cache?.prefixes ?? [] }
  /// See `SharedPasses.weightBytes`.
  package var weightBytes: Int { passes.weightBytes }
  /// How many run.
  package var running: Int { members.count }
  /// How many wait.
  package var waitingCount: Int { waiting.count }
  /// Whether nobody runs or waits.
  package var isEmpty: Bool { members.isEmpty && waiting.isEmpty }

  /// Lets a sequence wait for its admission.
  /// - Throws: ``BatchError/memory(needed:budget:)`` for one that can never be admitted,
  ///   ``BatchError/queue(waiting:most:)``.
  package func add(_ job: SequenceJob) throws(BatchError) {
    guard job.memory.bytes <= options.memory, job.memory.bytes < .max else {
      throw .memory(needed: job.memory.bytes, budget: options.memory)
    }
    guard waiting.count < options.queue else { throw .queue(waiting: waiting.count, most: options.queue) }
    waiting.append(job)
  }

  /// One step.
  package func step() {
    dropCancelled()
    admit()
    let turns = turns()
    guard !turns.isEmpty else { return }
    do {
      let step = try passes.step(turns)
      decodingRows = step.rows - step.promptRows
      pace.record(rows: step.rows, seconds: step.seconds)
      counts.steps += 1
      counts.rows += step.rows
      counts.promptRows += step.promptRows
      onStep?(step)
      tellMembers()
    } catch {
      failAll(error)
    }
  }

  // MARK: Who runs

  private func dropCancelled() {
    // Who was cancelled is told after the lists are right: what is told may look at them.
    let given = waiting.filter { $0.isCancelled() }
    if !given.isEmpty {
      let numbers = Set(given.map(\.number))
      waiting.removeAll { numbers.contains($0.number) }
      for job in given {
        awaited.leave(job.number)
        counts.cancelled += 1
        job.deliver(.cancelled(nil))
      }
    }
    for member in members where member.job.isCancelled() { end(member, .cancelled(member.decoding)) }
  }

  private func admit() {
    var reserved = reservedBytes
    let most = max(1, options.sequences)
    // The next one's place, after those that wait for what others run.
    var place = 0
    while place < min(most, waiting.count), members.count < most,
      reserved <= options.memory - waiting[place].memory.bytes
    {
      let job = waiting[place]
      if cache != nil, awaited.waits(job, for: runningPrompts) {
        place += 1
        continue
      }
      waiting.remove(at: place)
      awaited.leave(job.number)
      do {
        let session = passes.session(promptChunk: options.promptChunk, positions: job.positions)
        goOn(session, job, reserved: reserved + job.memory.bytes)
        let decoding = try job.start(session)
        members.append(Member(job: job, decoding: decoding))
        reserved += job.memory.bytes
        counts.reusedRows += decoding.statistics.reusedRows
        job.deliver(.started)
      } catch {
        counts.failed += 1
        job.deliver(.failed(SequenceBatch.cause(error)))
      }
    }
  }

  private var runningPrompts: [RunningPrompt] {
    members.compactMap { member in
      guard let key = member.job.prefix, member.decoding.waitingRows > 0 else { return nil }
      return RunningPrompt(number: member.job.number, key: key, session: member.decoding.session)
    }
  }

  /// Lets a session begin with what is kept of its prompt. What is kept gives way to what is reserved; what is taken
  /// over is found first, and so dropped last.
  private func goOn(_ session: DecodingSession, _ job: SequenceJob, reserved: Int) {
    guard cache != nil else { return }
    let known = job.prefix.flatMap { cache?.find($0, model) }
    cache?.shrink(to: options.memory - reserved)
    if let known, let prefix = job.prefix { session.restore(known, for: prefix.prompt, prefix.method) }
  }

  /// Keeps what a member has run, in the memory that nobody has reserved.
  private func keepPrefix(_ member: Member) {
    guard let prefix = member.job.prefix else { return }
    cache?.keep(member.decoding.session, prefix, most: options.memory - reservedBytes)
  }

  /// Takes a member out of the list and tells it its end.
  private func end(_ member: Member, _ event: SequenceJob.Event) {
    members.removeAll { $0.job.number == member.job.number }
    switch event {
    case .cancelled: counts.cancelled += 1
    case .failed: counts.failed += 1
    default: counts.finished += 1
    }
    member.job.deliver(event)
  }

  // MARK: Who takes part in a step

  /// All that decode, and prompts, each in its turn, as far as the pace has room for their rows.
  private func turns() -> [SharedPasses.Turn] {
    let prompts = members.filter { $0.decoding.waitingRows > 0 }
    marked.removeAll(keepingCapacity: true)
    var left = promptRows(decoding: members.count - prompts.count)
    var rows: [Int: Int] = [:]
    let after = prompts.filter { $0.job.number > lastPrompt }
    for member in after + prompts.filter({ $0.job.number <= lastPrompt }) {
      guard left > 0 else { break }
      let taken = promptRows(of: member, most: min(left, promptChunk))
      rows[member.job.number] = taken
      left -= taken
      lastPrompt = member.job.number
    }
    return members.compactMap { member in
      if member.decoding.waitingRows == 0 { return SharedPasses.Turn(member.decoding) }
      return rows[member.job.number].map { SharedPasses.Turn(member.decoding, promptRows: $0) }
    }
  }

  /// Rows of a prompt that are next: at most so many, and none after the next place where its beginning is kept. How a
  /// prompt is cut changes no bit.
  private func promptRows(of member: Member, most: Int) -> Int {
    let (known, rows) = (member.decoding.session.tokens.count, min(most, member.decoding.waitingRows))
    guard cache != nil, let mark = member.job.prefix?.marks.first(where: { $0 > known }), mark - known <= rows else {
      return rows
    }
    marked.insert(member.job.number)
    return mark - known
  }

  /// Rows of one prompt in a pass at most: less than one would never end.
  private var promptChunk: Int { max(1, options.promptChunk) }

  /// Rows that prompts may have in the next step.
  private func promptRows(decoding: Int) -> Int {
    let others = decoding == 0 ? 0 : max(decoding, decodingRows)
    switch options.pace {
    case .rows(let most): return max(1, max(1, most) - others)
    case .seconds(let target):
      // Nobody waits for a next token: a chunk is what the kernels do best with.
      if decoding == 0 { return promptChunk }
      return max(StepPace.least, pace.rows(in: target, most: promptChunk + others) - others)
    }
  }

  // MARK: What becomes of them

  private func tellMembers() {
    for member in members {
      // Who was cancelled during the step is told of no later token.
      if member.job.isCancelled() {
        end(member, .cancelled(member.decoding))
        continue
      }
      let tokens = member.decoding.takeReady()
      counts.tokens += tokens.count
      if !tokens.isEmpty { member.job.deliver(.tokens(tokens)) }
      if let failure = member.decoding.failure {
        end(member, .failed(failure))
      } else if member.decoding.finish != nil {
        keepPrefix(member)
        counts.add(member.decoding.statistics)
        end(member, .finished(member.decoding))
      } else if marked.contains(member.job.number) {
        keepPrefix(member)
      }
    }
  }

  /// No state that took part can be trusted: all end, and the working memory is made anew.
  private func failAll(_ error: any Error) {
    let all = members
    let reason = Diagnostic.words(error)
    passes = SharedPasses(model, pool: pool, arithmetic: options.arithmetic)
    passes.onPoint = onPoint
    passes.plantedLeak = plantedLeak
    // What is kept is good, but its drafters hold the old working memory.
    cache?.removeAll()
    counts.failedPasses += 1
    for member in all { end(member, .failed(BatchError.pass(sequences: all.count, reason: reason))) }
  }

  private static func cause(_ error: any Error) -> any CambiumError {
    error as? any CambiumError ?? BatchError.pass(sequences: 1, reason: Diagnostic.words(error))
  }
}
