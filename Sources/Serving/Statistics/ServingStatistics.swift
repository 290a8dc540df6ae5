import Inference
import Threads

/// What one request took.
package struct RequestRecord: Sendable {
  /// The answer's name.
  package var id: String
  /// How it was decoded: as it was asked for, and as it was done.
  package var requested: String
  package var effective: String
  /// The constraint that it was under.
  package var held = HeldForm.none
  /// Why it ended: stop, length, cancelled, error.
  package var finish: String
  /// Its counts.
  package var usage: AnswerUsage
  /// Counts of its decodings.
  package var decodings: [DecodingStatistics]
  /// Calls of tools that nobody declared.
  package var unknownCalls: Int
  /// Seconds until the engine began, until the first token, until the end; and between tokens.
  package var queueSeconds: Double
  package var firstSeconds: Double?
  package var seconds: Double

  /// Creates statistics.
  package init(
    id: String, requested: String, effective: String, finish: String, usage: AnswerUsage,
    decodings: [DecodingStatistics], unknownCalls: Int, queueSeconds: Double, firstSeconds: Double?, seconds: Double
  ) {
    self.id = id
    self.requested = requested
    self.effective = effective
    self.finish = finish
    self.usage = usage
    self.decodings = decodings
    self.unknownCalls = unknownCalls
    self.queueSeconds = queueSeconds
    self.firstSeconds = firstSeconds
    self.seconds = seconds
  }
}

/// Counts over all requests since the server's start.
package struct ServingCounts: Sendable {
  /// Requests that came to an end, by why.
  package fileprivate(set) var finished: [String: Int] = [:]
  /// Requests that were refused, by status.
  package fileprivate(set) var refused: [Int: Int] = [:]
  /// Requests by the decoder that was asked for, and by the one that decoded.
  package fileprivate(set) var requested: [String: Int] = [:]
  package fileprivate(set) var effective: [String: Int] = [:]
  /// Tokens of prompts, those found in a state, and tokens of answers.
  package fileprivate(set) var promptTokens = 0
  package fileprivate(set) var cachedTokens = 0
  package fileprivate(set) var completionTokens = 0
  package fileprivate(set) var unknownCalls = 0
  /// Rounds, drafted and accepted tokens; by place; by drafter.
  package fileprivate(set) var rounds = 0
  package fileprivate(set) var drafted = 0
  package fileprivate(set) var accepted = 0
  package fileprivate(set) var draftedByPlace: [Int] = []
  package fileprivate(set) var acceptedByPlace: [Int] = []
  package fileprivate(set) var drafters: [DrafterKind: (rounds: Int, drafted: Int, accepted: Int)] = [:]
  /// Seconds of the parts of decoding.
  package fileprivate(set) var draftTime = Duration.zero
  package fileprivate(set) var verifyTime = Duration.zero
  package fileprivate(set) var rollbackTime = Duration.zero
  package fileprivate(set) var samplingTime = Duration.zero
  package fileprivate(set) var promptTime = Duration.zero
  /// How long things took, and how much there was of them.
  package fileprivate(set) var firstToken = Histogram.seconds
  package fileprivate(set) var whole = Histogram.seconds
  package fileprivate(set) var queued = Histogram.seconds
  package fileprivate(set) var intervals = Histogram.intervals
  package fileprivate(set) var prompts = Histogram.tokens
  package fileprivate(set) var completions = Histogram.tokens
  /// The last requests, the newest last.
  package fileprivate(set) var recent: [RequestRecord] = []

  /// Requests that came to an end.
  package var requests: Int { finished.values.reduce(0, +) }

  /// Counts of one request alone.
  init(of record: RequestRecord) { for decoding in record.decodings { add(decoding) } }

  fileprivate init() {}

  fileprivate mutating func add(_ record: RequestRecord, recent limit: Int) {
    finished[record.finish, default: 0] += 1
    requested[record.requested, default: 0] += 1
    effective[record.effective, default: 0] += 1
    promptTokens += record.usage.prompt
    cachedTokens += record.usage.cached
    completionTokens += record.usage.completion
    unknownCalls += record.unknownCalls
    for decoding in record.decodings { add(decoding) }
    queued.add(record.queueSeconds)
    whole.add(record.seconds)
    if let first = record.firstSeconds {
      firstToken.add(first)
      if record.usage.completion > 1 {
        intervals.add((record.seconds - first) / Double(record.usage.completion - 1))
      }
    }
    prompts.add(Double(record.usage.prompt))
    completions.add(Double(record.usage.completion))
    recent.append(record)
    if recent.count > limit { recent.removeFirst(recent.count - limit) }
  }

  private mutating func add(_ decoding: DecodingStatistics) {
    rounds += decoding.rounds
    drafted += decoding.drafted
    accepted += decoding.accepted
    draftedByPlace = Self.sum(draftedByPlace, decoding.draftedByPlace)
    acceptedByPlace = Self.sum(acceptedByPlace, decoding.acceptedByPlace)
    for (kind, count) in decoding.drafters {
      let before = drafters[kind] ?? (0, 0, 0)
      drafters[kind] = (
        before.rounds + count.rounds, before.drafted + count.drafted, before.accepted + count.accepted
      )
    }
    draftTime += decoding.draftTime
    verifyTime += decoding.verifyTime
    rollbackTime += decoding.rollbackTime
    samplingTime += decoding.samplingTime
    promptTime += decoding.promptTime
  }

  private static func sum(_ a: [Int], _ b: [Int]) -> [Int] {
    (0..<max(a.count, b.count)).map { (a.indices.contains($0) ? a[$0] : 0) + (b.indices.contains($0) ? b[$0] : 0) }
  }
}

/// Where requests are counted. From any thread.
package final class ServingStatistics: Sendable {
  private let counts = Guarded(ServingCounts())
  /// How many requests are remembered one by one.
  package let recent: Int

  /// - Parameter recent: How many requests are remembered one by one.
  package init(recent: Int = 64) { self.recent = recent }

  /// Counts a request that came to an end.
  package func add(_ record: RequestRecord) { counts.withLock { $0.add(record, recent: recent) } }

  /// Counts a request that was refused.
  package func refuse(_ status: Int) { counts.withLock { $0.refused[status, default: 0] += 1 } }

  /// The counts now.
  package var snapshot: ServingCounts { counts.withLock { $0 } }
}
