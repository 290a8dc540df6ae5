extension SourceAcceptance {
  /// Settings at which a package accepts less than the floor allows, with the share that it needs.
  func below(_ report: CheckReport) -> [(setting: String, share: Double?, needed: Double)] {
    guard let floor else { return [] }
    return settings.compactMap { name, source in
      guard let reached = source.share(0), let setting = report.settings.first(where: { $0.name == name }) else {
        return nil
      }
      let share = setting.total.share(0)
      if let share, share >= floor * reached { return nil }
      return (name, share, floor * reached)
    }
  }
}
