import Serving

/// What `/health` answers.
package enum Health {
  /// What is wrong with the server; nil when nothing is.
  /// - Parameters:
  ///   - isDraining: Whether it is being ended.
  ///   - standstill: How long its engine has finished no step, though there is work.
  ///   - seconds: How long a step may take; 0 for as long as it takes.
  package static func refusal(isDraining: Bool, standstill: Duration?, most seconds: Int) -> APIError? {
    if isDraining { return APIError(.unavailable, "the server is shutting down", code: "shutting_down") }
    guard seconds > 0, let standstill, standstill > .seconds(seconds) else { return nil }
    return APIError(
      .unavailable, "the engine has finished no step for \(standstill.components.seconds) s, though there is work",
      code: "engine_stands")
  }
}
