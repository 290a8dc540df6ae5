import Batching
import Inference
import TestSupport
import Testing
import Threads

/// What sequences leave to those that begin alike: bytes of answers never show it.
@Suite struct PrefixCacheTests {
  /// Begins a turn.
  private static let turn = 9
  private let options = PrefixCacheOptions(memory: 1 << 30, least: 2, turns: [turn])

  private func batch(
    _ model: LoadedModel, _ cache: PrefixCacheOptions, memory: Int = 4 << 30, sequences: Int = 4
  ) -> SequenceBatch {
    var options = BatchOptions(memory: memory, sequences: sequences, pace: .rows(24))
    options.cache = cache
    return SequenceBatch(model, pool: WorkerPool(threads: 1), options)
  }

  /// Runs a sequence to its end.
  private func run(
    _ item: Case, _ number: Int, in batch: SequenceBatch, _ model: LoadedModel, salt: String = ""
  ) throws -> (outcome: Outcome, statistics: DecodingStatistics) {
    let watch = Watch()
    var statistics = DecodingStatistics()
    try batch.add(
      item.job(
        number, model, watch, cache: options, salt: salt,
        told: { event in
          if case .finished(let decoding) = event { statistics = decoding.statistics }
        }))
    while !batch.isEmpty { batch.step() }
    return (watch.outcome, statistics)
  }

  /// Counts of drafts of a sequence alone.
  private func counts(_ item: Case, _ model: LoadedModel) throws -> DecodingStatistics {
    let decoding = try DecodingSession(model, threads: 1).decode(
      item.prompt, item.method,
      DecodingOptions(
        limit: item.limit, stops: item.stops, sampling: item.sampling, draftShortlist: item.shortlist))
    for _ in decoding {}
    return decoding.statistics
  }

  @Test(
    arguments: [
      DecodingMethod.vanilla, .lookup(), .mtp(depth: 3), .dflash(), .eagle3(depth: 3), .inTurn, .hybrid(.table),
    ], [0, 16])
  func `a conversation that goes on runs its new tokens alone, and answers and drafts as one that is run whole`(
    _ method: DecodingMethod, _ shortlist: Int
  ) throws {
    let model = try BatchModels.demo()
    let batch = batch(model, options)
    var tokens = [9, 11, 12, 13, 9, 4, 5, 6, 4, 5, 6, 4, 5]
    var known = 0
    for (number, temperature) in [Float(0), 0.8, 0, 0.8].enumerated() {
      let prompt = tokens + [9, 7]
      let item = Case(
        prompt: Prompt(prompt), method: method, limit: 11, sampling: Sampling(temperature: temperature, seed: 5),
        shortlist: shortlist)
      let found = try run(item, number, in: batch, model)
      let alone = try counts(item, model)
      #expect(found.outcome == item.alone(model) && found.outcome.tokens.count == 11)
      #expect(found.statistics.reusedRows == known && alone.reusedRows == 0)
      #expect(found.statistics.draftedByPlace == alone.draftedByPlace)
      #expect(found.statistics.acceptedByPlace == alone.acceptedByPlace)
      if number % 2 == 0 {
        // The answer is part of what comes next; its last token was given and not run.
        tokens = prompt + found.outcome.tokens + [9, 4, 5, 6]
        known = prompt.count + 10
      } else {
        // What comes next has another text in its place, as when thoughts are left out: all before the turn is the same.
        known = tokens.count
        tokens += [9, 8, 8, 8, 9, 4, 5]
      }
    }
  }

  /// Sequences of all kinds, each with one that goes on from it, in a batch with room for three at once.
  @Test(arguments: ["demo"] + BatchModels.references, 0..<3)
  func `sequences that begin alike give what each gives alone`(_ name: String, _ seed: Int) throws {
    let model = try name == "demo" ? BatchModels.demo() : BatchModels.reference(name)
    let turns = Set((0..<model.configuration.vocabulary).filter { $0 % 5 == 0 })
    let kept = PrefixCacheOptions(memory: 1 << 30, least: 1, turns: turns)
    let batch = batch(model, kept, sequences: 3)
    var cases = RandomCases(model, seed: UInt64(700 + seed))
    let firsts = (0..<12).map { _ in cases.next() }
    let nexts = firsts.map { first in
      var next = first
      next.prompt.tokens += [1, 2, 3]
      if next.prompt.positions != nil {
        let end = first.prompt.tokens.count + first.prompt.positionDelta
        next.prompt.positions? += (0..<3).map { TokenPosition(end + $0) }
      }
      return next
    }
    let items = firsts + nexts + firsts
    let watches = items.map { _ in Watch() }
    for (number, item) in items.enumerated() {
      try batch.add(item.job(number, model, watches[number], cache: kept))
    }
    while !batch.isEmpty { batch.step() }
    #expect(batch.counts.reusedRows > 0)
    for (number, item) in items.enumerated() {
      #expect(watches[number].outcome == item.alone(model), "seed \(seed), sequence \(number): \(item.method.name)")
    }
  }

  @Test func `other pictures, other places and other words of who asks share nothing`() throws {
    let model = try BatchModels.demo()
    let batch = batch(model, options)
    let row = { (value: Float) in Array(repeating: value, count: model.configuration.hidden) }
    func item(_ tokens: [Int], picture: Float? = nil, shifted: Int = 0) -> Case {
      let embeddings = picture.map { [2: row($0)] } ?? [:]
      let positions = shifted == 0 ? nil : tokens.indices.map { TokenPosition($0 + shifted) }
      return Case(
        prompt: Prompt(tokens, positions: positions, positionDelta: shifted, embeddings: embeddings),
        method: .mtp(depth: 2), limit: 3)
    }
    let (short, long) = ([9, 1, 2, 3, 9, 4], [9, 1, 2, 3, 9, 4, 5])
    var number = 0
    func reused(_ item: Case, salt: String = "") throws -> Int {
      number += 1
      let found = try run(item, number, in: batch, model, salt: salt)
      #expect(found.outcome == item.alone(model))
      return found.statistics.reusedRows
    }
    #expect(try reused(item(short, picture: 0.1)) == 0)
    #expect(try reused(item(long, picture: 0.1)) == 4)
    #expect(try reused(item(long, picture: 0.2)) == 0)
    #expect(try reused(item(long)) == 0)
    #expect(try reused(item(long, shifted: 2)) == 0)
    #expect(try reused(item(long, shifted: 2)) == 4)
    #expect(try reused(item(long), salt: "another") == 0)
    #expect(try reused(item(long), salt: "another") == 4)
  }

  @Test func `a picture behind what is the same does not keep it from being known`() throws {
    let model = try BatchModels.demo()
    let batch = batch(model, options)
    let text = Case(prompt: [9, 1, 2, 3, 9, 4], method: .vanilla, limit: 2)
    _ = try run(text, 0, in: batch, model)
    let row = Array(repeating: Float(0.1), count: model.configuration.hidden)
    let picture = Case(prompt: Prompt([9, 1, 2, 3, 9, 4, 5], embeddings: [5: row]), method: .vanilla, limit: 2)
    let found = try run(picture, 1, in: batch, model)
    #expect(found.statistics.reusedRows == 4 && found.outcome == picture.alone(model))
  }

  @Test func `who drafts otherwise goes on from what its drafters have seen`() throws {
    let model = try BatchModels.demo()
    let batch = batch(model, options)
    let methods: [(DecodingMethod, Int)] = [
      (.mtp(depth: 2), 0), (.vanilla, 4), (.lookup(), 0), (.mtp(depth: 1), 4), (.inTurn, 0), (.dflash(), 4),
    ]
    for (number, (method, known)) in methods.enumerated() {
      let item = Case(prompt: [9, 1, 2, 3, 9, 4], method: method, limit: 3)
      let found = try run(item, number, in: batch, model)
      #expect(found.outcome == item.alone(model) && found.statistics.reusedRows == known, "\(method.name)")
    }
  }

  // MARK: At once

  /// Sequences that come at once, and the order in which they began.
  private func together(
    _ items: [Case], in batch: SequenceBatch, _ model: LoadedModel,
    isCancelled: @escaping (Int) -> Bool = { _ in false }
  ) throws -> (order: [Int], reused: [Int: Int], outcomes: [Outcome]) {
    var order: [Int] = []
    var reused: [Int: Int] = [:]
    let watches = items.map { _ in Watch() }
    for (number, item) in items.enumerated() {
      try batch.add(
        item.job(
          number, model, watches[number], cache: options, isCancelled: { isCancelled(number) },
          told: { event in
            if case .started = event { order.append(number) }
            if case .finished(let decoding) = event { reused[number] = decoding.statistics.reusedRows }
          }))
    }
    while !batch.isEmpty { batch.step() }
    return (order, reused, watches.map(\.outcome))
  }

  private let prompt = Prompt([9] + (0..<57).map { 10 + $0 % 19 } + [9, 7])

  @Test func `answers to one prompt that are asked for at once run it once, and others do not wait for them`() throws {
    let model = try BatchModels.demo()
    let batch = batch(model, options)
    var items = [1, 2, 3].map { (seed: UInt64) in
      Case(prompt: prompt, method: .mtp(depth: 2), limit: 6, sampling: Sampling(temperature: 0.8, seed: seed))
    }
    items.append(Case(prompt: [9, 1, 2, 3], method: .vanilla, limit: 2))
    let found = try together(items, in: batch, model)
    #expect(found.order == [0, 3, 1, 2])
    #expect(found.reused == [0: 0, 1: 58, 2: 58, 3: 0])
    #expect(batch.counts.promptRows == 60 + 2 + 2 + 4)
    for (item, outcome) in zip(items, found.outcomes) { #expect(outcome == item.alone(model)) }
  }

  @Test func `who waits for what another one runs goes on when nothing came of it`() throws {
    let model = try BatchModels.demo()
    let item = Case(prompt: prompt, method: .mtp(depth: 2), limit: 6)
    // There is no room for anything.
    let small = batch(model, PrefixCacheOptions(memory: 0, least: 2, turns: [9]))
    let found = try together([item, item, item], in: small, model)
    #expect(found.order == [0, 1, 2] && found.reused == [0: 0, 1: 0, 2: 0])
    #expect(found.outcomes.allSatisfy { $0 == item.alone(model) })
    // The first one is given up on its way, and so is one of those that wait.
    let other = batch(model, options)
    var steps = 0
    other.onStep = { _ in steps += 1 }
    let rest = try together([item, item, item], in: other, model) { $0 < 2 && steps > 1 }
    #expect(rest.order == [0, 2] && rest.reused == [2: 0] && rest.outcomes[2] == item.alone(model))
  }

  // MARK: Memory

  /// Twelve tokens and one behind them: of such a sequence its prompt alone is kept.
  private func whole(_ token: Int) -> Case {
    Case(prompt: Prompt(Array(repeating: token, count: 12)), method: .vanilla, limit: 1)
  }

  private let wholes = PrefixCacheOptions(memory: 1 << 30, least: 12)

  private func bytes(_ model: LoadedModel) throws -> Int {
    let batch = batch(model, wholes)
    _ = try run(whole(1), 0, in: batch, model)
    #expect(batch.prefixes == [Array(repeating: 1, count: 12)])
    return batch.cachedBytes
  }

  @Test func `what was not used for longest is given up for what is new`() throws {
    let model = try BatchModels.demo()
    let each = try bytes(model)
    let batch = batch(model, PrefixCacheOptions(memory: 2 * each + each / 2, least: 12))
    for (number, token) in [1, 2, 1, 3].enumerated() { _ = try run(whole(token), number, in: batch, model) }
    #expect(batch.prefixes == [1, 3].map { Array(repeating: $0, count: 12) })
    #expect(batch.cachedBytes == 2 * each)
  }

  @Test func `what is kept and what is reserved have no more than the memory, and who runs goes first`() throws {
    let model = try BatchModels.demo()
    let each = try bytes(model)
    let large = Case(prompt: Prompt(Array(repeating: 2, count: 90)), method: .vanilla, limit: 9)
    let memory = large.job(0, model, Watch()).memory.bytes + each - 1
    let batch = batch(model, wholes, memory: memory)
    var most = 0
    batch.onStep = { [unowned batch] _ in most = max(most, batch.reservedBytes + batch.cachedBytes) }
    _ = try run(whole(1), 0, in: batch, model)
    #expect(batch.cachedBytes == each)
    let found = try run(large, 1, in: batch, model)
    // The large one left no room for the small one, nor for all that it has itself.
    #expect(batch.prefixes.isEmpty && batch.cachedBytes == 0)
    #expect(most <= memory && most > 0 && found.outcome == large.alone(model))
  }

  @Test(arguments: [DecodingMethod.vanilla, .lookup(), .mtp(depth: 3), .dflash(), .eagle3(depth: 3), .inTurn])
  func `what a copy will take is known before it is made`(_ method: DecodingMethod) throws {
    let model = try BatchModels.demo()
    let passes = SharedPasses(model, pool: WorkerPool(threads: 1))
    let session = passes.session(promptChunk: 7, positions: 80)
    let decoding = try session.start(
      Prompt(Array(repeating: 5, count: 60)), method, DecodingOptions(limit: 20, draftShortlist: 16))
    while !decoding.isDone {
      try passes.step([SharedPasses.Turn(decoding)])
      #expect(session.snapshotBytes == session.snapshot().bytes)
    }
  }

  @Test func `a pass that cannot be made leaves nothing known, and the next ones are as ever`() throws {
    struct Planted: Error {}
    let model = try BatchModels.demo()
    let batch = batch(model, options)
    let item = Case(prompt: [9, 1, 2, 3, 9, 4], method: .mtp(depth: 2), limit: 6)
    _ = try run(item, 0, in: batch, model)
    #expect(!batch.prefixes.isEmpty)
    batch.onPoint = { _ in throw Planted() }
    _ = try run(item, 1, in: batch, model)
    #expect(batch.prefixes.isEmpty && batch.cachedBytes == 0)
    batch.onPoint = nil
    let found = try run(item, 2, in: batch, model)
    #expect(found.outcome == item.alone(model) && found.statistics.reusedRows == 0)
  }

  // MARK: Where

  @Test func `a prompt is kept as far as its first turn and up to its last one`() {
    let marks = { (tokens: [Int], least: Int) in
      PrefixCacheOptions(memory: 0, least: least, turns: [9]).marks(of: tokens)
    }
    #expect(marks([9, 1, 9, 4, 9, 5, 9, 7], 1) == [2, 6])
    #expect(marks([9, 1, 9, 4, 9, 5, 9, 7], 3) == [6])
    #expect(marks([9, 1, 9, 4], 1) == [2])
    #expect(marks([9, 1, 4], 1) == [2])
    #expect(marks([1], 0) == [])
    #expect(marks([], 0) == [])
  }
}
