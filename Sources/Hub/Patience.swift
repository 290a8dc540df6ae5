/// How long we go on asking: five times without any progress, with a wait between that doubles from one second to eight, or
/// is what the hub says.
struct Patience {
  private let settings: HubSettings
  private let place: String
  private var failures = 0

  /// Seconds that the hub may ask us to wait; beyond, a person decides.
  private static let longestWait = 300

  init(_ settings: HubSettings, place: String) {
    self.settings = settings
    self.place = place
  }

  /// Waits before the next attempt.
  /// - Parameters:
  ///   - error: What is thrown when there is none.
  ///   - seconds: The wait that the hub asks for.
  ///   - hasProgressed: Whether bytes came since the last call: the count begins anew.
  /// - Throws: `error`; ``HubError/rateLimited(place:seconds:)``, ``HubError/stopped(place:)``.
  mutating func wait(after error: HubError, seconds: Int? = nil, hasProgressed: Bool = false) throws(HubError) {
    failures = hasProgressed ? 1 : failures + 1
    guard failures < settings.attempts else { throw error }
    if let seconds, seconds > Patience.longestWait { throw .rateLimited(place: place, seconds: seconds) }
    let backoff = min(8, 1 << (failures - 1))
    guard settings.pause(1000 * (seconds ?? backoff)) else { throw .stopped(place: place) }
  }
}
