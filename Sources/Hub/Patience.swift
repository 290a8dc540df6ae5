/// How long we go on asking: five times without any progress, with a wait between that doubles from one second to eight, or
/// is what the hub says.
struct Patience {
  private let settings: HubSettings
  private let place: String
  private var failures = 0
  /// What came since a moment, the hub's own waits left out, and in how many attempts that broke off.
  private var window: (began: Int, bytes: Int, attempts: Int)

  /// Seconds that the hub may ask us to wait; beyond, a person decides.
  private static let longestWait = 300
  /// Fewest bytes in so many milliseconds, over all attempts: whoever sends a few bytes each time is not borne for ever.
  private static let leastRate = (bytes: 60 << 10, milliseconds: 60_000)

  init(_ settings: HubSettings, place: String) {
    self.settings = settings
    self.place = place
    window = (settings.now(), 0, 0)
  }

  /// Waits before the next attempt.
  /// - Parameters:
  ///   - error: What is thrown when there is none.
  ///   - seconds: The wait that the hub asks for.
  ///   - progress: Bytes that came since the last call: with any, the count begins anew.
  /// - Throws: `error`; ``HubError/rateLimited(place:seconds:)``, ``HubError/stopped(place:)``,
  ///   ``HubError/stalled(place:expected:)`` for bytes that come too slowly, all attempts of a minute together.
  mutating func wait(after error: HubError, seconds: Int? = nil, progress: Int = 0) throws(HubError) {
    failures = progress > 0 ? 1 : failures + 1
    guard failures < settings.attempts else { throw error }
    try requireRate(progress)
    if let seconds, seconds > Patience.longestWait { throw .rateLimited(place: place, seconds: seconds) }
    let backoff = min(8, 1 << (failures - 1))
    guard settings.pause(1000 * (seconds ?? backoff)) else { throw .stopped(place: place) }
    if let seconds { window.began += 1000 * seconds }
  }

  /// Without any byte the attempts alone are counted.
  private mutating func requireRate(_ progress: Int) throws(HubError) {
    let now = settings.now()
    window.bytes += progress
    window.attempts += 1
    guard now - window.began >= Patience.leastRate.milliseconds else { return }
    if window.bytes > 0, window.bytes < Patience.leastRate.bytes, window.attempts > 1 {
      throw .stalled(place: place, expected: "1 KiB per second over a minute, all attempts together")
    }
    window = (now, 0, 0)
  }
}
