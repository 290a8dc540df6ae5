import Serving
import Threads

/// Measures a request from its beginning to the end of its answer.
final class RequestClock: Sendable {
  private struct Times {
    var began: Duration?
    var first: Duration?
  }

  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let times = Guarded(Times())
  private let statistics: ServingStatistics
  private let id: String
  private let requested: String
  private let effective: String
  private let held: HeldForm

  init(_ answer: AnswerContext, _ prepared: PreparedRequest, _ statistics: ServingStatistics) {
    start = clock.now
    self.statistics = statistics
    id = answer.id
    requested = prepared.request.decoder ?? "default"
    effective = prepared.decoder
    held = prepared.held
  }

  /// Notes when the engine began, and when the first token came.
  func note(_ event: AnswerEvent) {
    let now = start.duration(to: clock.now)
    times.withLock { times in
      switch event {
      case .started: times.began = times.began ?? now
      case .delta: times.first = times.first ?? now
      case .ended, .finished, .failed: break
      }
    }
  }

  /// Counts the request.
  func end(_ totals: AnswerTotals) {
    let seconds = Self.seconds(start.duration(to: clock.now))
    let (began, first) = times.withLock { ($0.began, $0.first) }
    var record = RequestRecord(
      id: id, requested: requested, effective: effective, finish: totals.finish, usage: totals.usage,
      decodings: totals.decodings, unknownCalls: totals.unknownCalls,
      queueSeconds: began.map(Self.seconds) ?? seconds,
      firstSeconds: first.map(Self.seconds), seconds: seconds)
    record.held = held
    statistics.add(record)
  }

  private static func seconds(_ time: Duration) -> Double {
    Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
  }
}
