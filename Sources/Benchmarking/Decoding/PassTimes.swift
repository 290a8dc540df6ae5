import Dispatch
import Inference
import Threads

/// What single passes cost: of one row (plain decoding), of a few (a draft checked), of the head, of a prompt.
public struct PassTimes: Sendable, Hashable {
  /// Passes of one number of rows.
  public struct Pass: Sendable, Hashable {
    /// Rows of a pass.
    public var rows: Int
    /// Seconds of a pass with the logits of all its rows.
    public var seconds: Double

    /// So many seconds for a pass of so many rows.
    public init(rows: Int, seconds: Double) {
      self.rows = rows
      self.seconds = seconds
    }
  }

  /// Passes of the target, by their rows.
  public var passes: [Pass]
  /// Seconds of one draft step of the head, its logits too; nil without a head.
  public var draftSeconds: Double?
  /// Tokens of the prompt that was run.
  public var prefillRows: Int
  /// Seconds of the passes over it.
  public var prefillSeconds: Double
  /// Multiplications and additions of matrix products a second over the prompt, and those of OpenBLAS's f32 product.
  public var prefillRate: Double
  /// Multiplications and additions a second of OpenBLAS's f32 product.
  public var denseRate: Double

  /// Times that were measured elsewhere; `measure` makes them.
  public init(
    passes: [Pass], draftSeconds: Double?, prefillRows: Int, prefillSeconds: Double, prefillRate: Double,
    denseRate: Double
  ) {
    self.passes = passes
    self.draftSeconds = draftSeconds
    self.prefillRows = prefillRows
    self.prefillSeconds = prefillSeconds
    self.prefillRate = prefillRate
    self.denseRate = denseRate
  }

  /// Seconds of a pass of `rows` rows, as a multiple of a pass of one.
  public func ratio(rows: Int) -> Double? {
    guard let one = passes.first(where: { $0.rows == 1 })?.seconds, one > 0 else { return nil }
    return passes.first { $0.rows == rows }.map { $0.seconds / one }
  }
}

extension PassTimes {
  private static let context = 64
  private static let rowCounts = [1, 2, 3, 4, 5, 8]

  /// Measures passes after 64 random tokens, and a prompt of 256, in turn; medians.
  /// - Throws: `CancellationError`, `InferenceError`.
  public static func measure(
    _ model: LoadedModel, pool: WorkerPool, promptChunk: Int, arithmetic: Arithmetic = .canonical,
    draftShortlist: Int = 0, repetitions: Int, seed: UInt64 = 0, isStopped: () -> Bool = { false }
  ) throws -> PassTimes {
    let vocabulary = model.configuration.vocabulary
    let ids = { (count: Int) in BenchPrompts.random(count: count, vocabulary: vocabulary, seed: seed) }
    let session = DecodingSession(model, pool: pool, promptChunk: promptChunk, arithmetic: arithmetic)
    let drafter = MTPDrafter(session)
    drafter?.useShortlist(draftShortlist, tokens: ids(context))
    var times: [[Double]] = Array(repeating: [], count: rowCounts.count)
    var (drafts, prefills, rates, dense): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    for repetition in 0...max(1, repetitions) {
      guard !isStopped() else { throw CancellationError() }
      session.forget()
      for _ in try session.decode(Prompt(ids(context)), .vanilla, DecodingOptions(limit: 1)) {}
      var found: [Double] = []
      for rows in rowCounts {
        let seconds = (0..<3).map { _ in session.passSeconds(ids(rows)) }
        found.append(seconds.min() ?? 0)
      }
      let draft = drafter.map { drafter in
        (0..<3).map { _ in session.draftSeconds(drafter, token: 1 % vocabulary) }.min() ?? 0
      }
      session.forget()
      let decoding = try session.decode(Prompt(ids(256)), .vanilla, DecodingOptions(limit: 1))
      let prefill = decoding.statistics.promptTime.inSeconds
      let rate = ProductRate.measure(threads: pool.threads, rounds: 2)
      guard repetition > 0 else { continue }
      for (index, seconds) in found.enumerated() { times[index].append(seconds) }
      if let draft { drafts.append(draft) }
      prefills.append(prefill)
      if prefill > 0 { rates.append(Double(decoding.statistics.promptOperations) / prefill) }
      dense.append(rate)
    }
    return PassTimes(
      passes: zip(rowCounts, times).map { Pass(rows: $0, seconds: Figures.median($1) ?? 0) },
      draftSeconds: Figures.median(drafts), prefillRows: 256, prefillSeconds: Figures.median(prefills) ?? 0,
      prefillRate: Figures.median(rates) ?? 0, denseRate: Figures.median(dense) ?? 0)
  }
}
