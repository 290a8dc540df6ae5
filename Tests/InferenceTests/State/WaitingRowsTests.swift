import Inference
import Testing

/// Rows of a checked pass that stay wait for the next pass to go into the recurrent state.
@Suite struct WaitingRowsTests {
  /// Drafts as many tokens as it is told, all right but the last of every second draft.
  private final class UnevenDrafter: Drafter {
    private let sequence: [Int]
    private let counts: [Int]
    private var known = 1
    private var round = 0
    let rowsRun = 0

    init(_ sequence: [Int], counts: [Int]) { (self.sequence, self.counts) = (sequence, counts) }

    func observe(_ rows: KeptRows) { known += rows.count }

    func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
      let drafted = min(request.count, counts[round % counts.count])
      round += 1
      for place in 0..<drafted {
        let token = known + place < sequence.count ? sequence[known + place] : 0
        drafts.append(place + 1 == drafted && round.isMultiple(of: 2) ? (token + 1) % 256 : token)
      }
    }

    func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {}
    func copy(engine: TextEngine) -> any Drafter { UnevenDrafter(sequence, counts: counts) }
  }

  /// A pass may have more rows than any before it, or be the first that is not checked, while rows wait.
  @Test(arguments: Golden.models, [[1, 2, 5, 3, 8], [8, 1, 0, 4], [0, 1, 0, 0, 2]])
  func `drafts of changing length leave the state of plain decoding`(_ name: String, _ counts: [Int]) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(9)
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(prompt, limit: 60).decoded.tokens
    let session = DecodingSession(model, threads: 2)
    let decoding = try session.decode(prompt, .mtp(depth: 8), DecodingOptions(limit: 60)) { _ in
      UnevenDrafter(prompt.tokens + expected, counts: counts)
    }
    #expect(Array(decoding) == expected)
    #expect(decoding.statistics.accepted > 5 && decoding.statistics.accepted < decoding.statistics.drafted)
    #expect(session.tokens == plain.tokens && session.stateDigest == plain.stateDigest)
  }

  /// The decoding is left behind a round of drafts, so nothing has run since.
  @Test(arguments: Golden.models)
  func `a fork taken while rows wait has them, and so has the session that goes on`(_ name: String) throws {
    let model = try Golden.model(name)
    let prompt = madeUpPrompt(9)
    let expected = try DecodingSession(model, threads: 1).run(prompt, limit: 40).decoded.tokens
    func left() throws -> DecodingSession {
      let session = DecodingSession(model, threads: 1)
      let decoding = try session.decode(prompt, .mtp(depth: 4), DecodingOptions(limit: 40)) { _ in
        UnevenDrafter(prompt.tokens + expected, counts: [4])
      }
      for _ in 0..<14 { _ = decoding.next() }
      #expect(decoding.statistics.accepted > 5)
      return session
    }
    let session = try left()
    let fork = session.fork()
    let fresh = DecodingSession(model, threads: 1)
    _ = try fresh.run(Prompt(session.tokens), limit: 0)
    #expect(fork.stateDigest == fresh.stateDigest)
    #expect(session.stateDigest == fresh.stateDigest)
    let held = session.tokens.count
    let longer = Prompt(session.tokens + [3, 1, 4])
    let wanted = try DecodingSession(model, threads: 1).run(longer, limit: 12).decoded
    for one in [fork, session, try left()] {
      let found = try one.run(longer, .mtp(depth: 2), limit: 12)
      #expect(found.decoded == wanted && found.statistics.reusedRows == held)
    }
    // Begun anew, no row of the old text comes after.
    let again = try left()
    let anew = try again.run(prompt, .mtp(depth: 2), limit: 12).decoded.tokens
    #expect(anew == Array(expected.prefix(12)))
  }
}
