import Benchmarking
import Checking
import Inference
import TestSupport
import Testing
import Threads

@Suite struct BenchEqualityTests {
  private func run(
    _ decoders: [BenchDecoder], imposed: ImposedAcceptance? = nil, defect: PlantedDefect? = nil
  ) throws -> Bench {
    let options = BenchOptions(decoders: decoders, limit: 24, repetitions: 1, imposed: imposed)
    var bench = Bench(try Models.demo(), pool: WorkerPool(threads: 2), options)
    bench.session.plantedDefect = defect
    try bench.run(try Models.bundled(["code"]).map(BenchPrompt.init))
    return bench
  }

  @Test func `verified decoders give vanilla's tokens, whatever acceptance is imposed`() throws {
    for chances in [nil, [0.0], [1.0], [0.7, 0.4]] {
      let bench = try run([.mtp(1), .mtp(3), .adaptive(4)], imposed: chances.map { ImposedAcceptance(chances: $0) })
      #expect(bench.differences.isEmpty && bench.decoders.map(\.name) == ["vanilla", "mtp-1", "mtp-3", "adaptive"])
      #expect(bench.measured.count == 4 && bench.measured.allSatisfy { $0.tokens == bench.truth[0] })
      #expect(bench.truth[0].count == 24)
    }
  }

  @Test func `a bench says of every decoding that it is made, and of how many`() throws {
    let work = RecordedWork()
    let options = BenchOptions(decoders: [.mtp(1)], limit: 2, repetitions: 2, observer: work)
    var bench = Bench(try Models.demo(), pool: WorkerPool(threads: 2), options)
    try bench.run(try Models.bundled(["code"]).map(BenchPrompt.init))
    let piece = try #require(work.pieces.first)
    // A round to warm up and two that are measured, each with and without the head.
    #expect(work.pieces.count == 1 && piece.total == 3 * 2 * bench.truth.count && piece.done == piece.total)
    #expect(piece.items.first?.hasPrefix("warming up, ") == true)
    #expect(piece.items.last?.hasPrefix("repetition 2 of 2, ") == true)
  }

  @Test func `imposed drafts are accepted always, never, or by their chance`() throws {
    let accepted = try [1.0, 0.0].map { chance in
      try run([.mtp(2)], imposed: ImposedAcceptance(chances: [chance])).measured[1].counts
    }
    #expect(accepted[0].accepted == accepted[0].drafted && accepted[0].drafted[0] > 0)
    #expect(accepted[1].accepted == [0, 0] && accepted[1].targetPasses == 23)
  }

  @Test func `a fault that changes a token is found and placed`() throws {
    let bench = try run([.mtp(3)], imposed: ImposedAcceptance(chances: [0.5]), defect: .recurrentRollback)
    let difference = try #require(bench.differences.first)
    #expect(difference.decoder == "mtp-3" && difference.prompt == "code-1" && difference.expected != difference.found)
    #expect(difference.index > 0 && difference.index < 24)
  }

  @Test func `all time has a place and all bytes are counted`() throws {
    let bench = try run([.mtp(2), .optimistic(2)])
    for decoding in bench.measured {
      let counts = decoding.counts
      let named = counts.prefill + counts.draft + counts.verify + counts.sampling + counts.rollback
      let whole = decoding.firstTokenSeconds + decoding.rounds.reduce(0) { $0 + $1.seconds }
      #expect(named <= whole && counts.sampling > 0 && counts.verify > 0)
      #expect(decoding.rounds.count == counts.targetPasses)
      #expect(decoding.rounds.reduce(1) { $0 + $1.tokens } == 24)
    }
    // A pass reads each matrix once, however many rows it has.
    let (vanilla, mtp) = (bench.measured[0].counts, bench.measured[1].counts)
    let pass = vanilla.weightBytes / vanilla.targetPasses
    #expect(pass * vanilla.targetPasses == vanilla.weightBytes && pass > 1_000_000)
    #expect(mtp.weightBytes > pass * mtp.targetPasses && mtp.targetRows > mtp.targetPasses)
  }
}
