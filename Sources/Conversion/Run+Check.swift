extension Run {
  /// Refuses a check that is asked for and cannot take place, before any work is done, as far as headers and configuration
  /// tell.
  /// - Throws: `ConversionError.checkMissing`.
  func requirePossibleCheck() throws {
    guard options.until == .check || options.until == .package, case .none(let reason) = forecast.check else { return }
    try CheckStage.require(reason, plan, resolution)
  }
}
