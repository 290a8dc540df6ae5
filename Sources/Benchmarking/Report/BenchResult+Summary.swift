extension BenchResult {
  /// The figures of every decoder on every class, classes in the order of the prompts.
  /// - Parameters:
  ///   - measured: All decodings, of every decoder, prompt and repetition.
  ///   - decoders: The first is vanilla decoding.
  ///   - kinds: Class of each prompt.
  ///   - truth: The tokens of vanilla decoding, by prompt.
  ///   - isImposed: Whether the drafts are imposed, so that their acceptance is what was asked for.
  public static func summarize(
    _ measured: [MeasuredDecoding], decoders: [BenchDecoder], kinds: [String], truth: [[Int]], isImposed: Bool
  ) -> [BenchResult] {
    BenchPrompts.order(kinds).flatMap { kind in
      let ofKind = measured.filter { kinds[$0.prompt] == kind }
      let groups = decoders.indices.map { number in
        Dictionary(grouping: ofKind.filter { $0.decoder == number }, by: \.repetition)
          .sorted { $0.key < $1.key }.map { Repetition($0.value) }
      }
      return zip(decoders, groups).compactMap { decoder, repetitions in
        BenchResult(
          decoder, kind, repetitions, vanilla: groups.first ?? [], truth: truth,
          isImposed: isImposed && decoder.drafts)
      }
    }
  }

  /// The decodings of one repetition, by one decoder, of one class.
  private struct Repetition {
    let decodings: [MeasuredDecoding]

    init(_ decodings: [MeasuredDecoding]) { self.decodings = decodings }

    func sum(_ value: (MeasuredDecoding) -> Double) -> Double { decodings.reduce(0) { $0 + value($1) } }
    func count(_ value: (MeasuredDecoding) -> Int) -> Int { decodings.reduce(0) { $0 + value($1) } }

    var seconds: Double { sum(\.decodeSeconds) }
    var rate: Double { seconds > 0 ? sum { Double($0.decodedTokens) } / seconds : 0 }
    var intervals: [Double] { decodings.flatMap(\.intervals) }
  }

  private init?(
    _ decoder: BenchDecoder, _ kind: String, _ repetitions: [Repetition], vanilla: [Repetition], truth: [[Int]],
    isImposed: Bool
  ) {
    guard let first = repetitions.first else { return nil }
    let median = { (value: (Repetition) -> Double) in Figures.median(repetitions.map(value)) ?? 0 }
    let middle = { (value: @escaping (MeasuredDecoding) -> Int) in Int(median { Double($0.count(value)) }.rounded()) }
    let rates = repetitions.map(\.rate)
    let all = repetitions.flatMap(\.decodings)
    let places = all.map(\.counts.drafted.count).max() ?? 0
    let byPlace = { (list: (MeasuredDecoding.Counts) -> [Int]) in
      (0..<places).map { place in all.reduce(0) { $0 + (list($1.counts).dropFirst(place).first ?? 0) } }
    }
    let whole = { (repetition: Repetition) in repetition.sum(\.seconds) }
    let phases = Phases(
      vision: median { $0.sum(\.visionSeconds) }, prefill: median { $0.sum(\.counts.prefill) },
      draft: median { $0.sum(\.counts.draft) }, verify: median { $0.sum(\.counts.verify) },
      sampling: median { $0.sum(\.counts.sampling) }, rollback: median { $0.sum(\.counts.rollback) },
      other: median { repetition in
        max(
          0,
          whole(repetition)
            - repetition.sum { decoding in
              let counts = decoding.counts
              return decoding.visionSeconds + counts.prefill + counts.draft + counts.verify + counts.sampling
                + counts.rollback
            })
      })
    let share = { (part: Double) in median { Figures.percentile($0.intervals, part) ?? 0 } }
    self.init(
      decoder: decoder.name, kind: kind, isVerified: decoder.isVerified, isImposed: isImposed,
      tokens: first.count { $0.tokens.count },
      firstTokenSeconds: median { Figures.median($0.decodings.map(\.firstTokenSeconds)) ?? 0 },
      intervals: first.intervals.isEmpty
        ? nil
        : Intervals(
          mean: median { Figures.mean($0.intervals) ?? 0 }, p50: share(0.5), p95: share(0.95), p99: share(0.99)),
      tokensPerSecond: median(\.rate), lowest: rates.min() ?? 0, highest: rates.max() ?? 0,
      endToEnd: median { whole($0) > 0 ? Double($0.count { $0.tokens.count }) / whole($0) : 0 },
      toVanilla: Figures.median(zip(repetitions, vanilla).map { $1.rate > 0 ? $0.rate / $1.rate : 0 }) ?? 0,
      drafted: byPlace(\.drafted), accepted: byPlace(\.accepted), looks: middle(\.counts.looks),
      tokensPerRound: median { repetition in
        let rounds = repetition.count(\.rounds.count)
        return rounds > 0 ? Double(repetition.count(\.decodedTokens)) / Double(rounds) : 0
      },
      targetPasses: middle(\.counts.targetPasses), targetRows: middle(\.counts.targetRows),
      headRows: middle(\.counts.headRows), phases: phases,
      bytesPerSecond: median { $0.seconds > 0 ? $0.sum { Double($0.counts.weightBytes) } / $0.seconds : 0 },
      equal: all.count { $0.tokens == truth[$0.prompt] }, decodings: all.count)
  }
}
