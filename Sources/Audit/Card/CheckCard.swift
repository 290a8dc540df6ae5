import Diagnostics
import Manifests

/// The lines of the package's card about decoding. Their length is known before the check has run: every number has a
/// fixed width, and the shorter text of a check that turned out to be impossible is filled up with spaces.
struct CheckCard {
  private let plan: CheckPlan

  init(_ plan: CheckPlan) { self.plan = plan }

  /// - Parameter outcome: What was found; nil for a placeholder of the same length.
  func render(_ outcome: CheckOutcome?) -> String {
    switch plan {
    case .none(let reason): return "Decoding was not checked: \(reason).\n"
    case .decode(let check):
      let full = text(check, outcome)
      guard outcome?.reason != nil else { return full }
      let short = "Decoding was not checked: the runner refused the package, see the report beside it (`.check.json`)."
      return short + String(repeating: " ", count: max(0, full.utf8.count - short.utf8.count - 1)) + "\n"
    }
  }

  private func text(_ check: DecodeCheck, _ outcome: CheckOutcome?) -> String {
    var text =
      "Decoded before it was published: \(Fixed.counted(check.prompts, "prompt")), \(Fixed.counted(check.tokens, "token")) each, with \(ways(check)) and"
      + " without\(check.drafter == nil || check.draftsByLookup ? " it" : ""). Tokens, logits and final states are equal bit for bit. Share of drafts accepted, by place in the draft:\n\n"
    var rows = check.depths.map { ("\($0)", $0, outcome?.acceptance(depth: $0)) }
    if let drafter = check.drafter {
      rows.append((drafter.name, min(drafter.places, CheckCard.mostPlaces), outcome?.acceptance(of: drafter.name)))
    }
    let most = max(1, rows.map(\.1).max() ?? 0)
    text += "| depth |" + (1...most).map { " \($0) |" }.joined() + " tokens per round |\n"
    text += "| --- |" + String(repeating: " --- |", count: most) + " --- |\n"
    for (name, places, found) in rows {
      text += "| \(name) |"
      for place in 0..<most {
        text += place < places ? " \(four(found?.shares.dropFirst(place).first ?? nil)) |" : "  |"
      }
      text += " \(four(found?.tokensPerRound)) |\n"
    }
    text += source(check, outcome)
    let none = String(repeating: "0", count: 64)
    return text
      + "\nReport, beside the package under its name and `.check.json`: SHA-256 `\(outcome?.digest.hex ?? none)`; digest of all tokens and logits "
      + "`\(outcome?.answers ?? none)`, the same wherever `verify-runner check` runs these prompts.\n"
  }

  /// How far the package is from its source; of one length, whatever was found.
  private func source(_ check: DecodeCheck, _ outcome: CheckOutcome?) -> String {
    if let obstacle = check.sourceObstacle { return "\nNot compared with the source: \(obstacle).\n" }
    let cells = SourceFigures.cells(outcome?.source)
    var full =
      "\nCompared with the source on a short text of cambium's own, chat, code and prose; KL in nats, same best token in %:\n\n"
    for row in [SourceFigures.columns, cells.map { _ in "---" }, cells] {
      full += "| " + row.joined(separator: " | ") + " |\n"
    }
    guard outcome?.notCompared != nil else { return full }
    let short = "\nNot compared with the source: the runner refused it, see the report beside the package."
    return short + String(repeating: " ", count: max(0, full.utf8.count - short.utf8.count - 1)) + "\n"
  }

  /// Places of a block that are shown.
  private static let mostPlaces = 16

  /// What drafts.
  private func ways(_ check: DecodeCheck) -> String {
    let head =
      check.depths.isEmpty ? nil : "the head at depths " + check.depths.map(String.init).joined(separator: ", ")
    if check.draftsByLookup { return "lookup (no head: nothing drafts but lookup)" }
    return [head, check.drafter.map { "the drafter (\($0.name))" }].compactMap { $0 }.joined(separator: ", with ")
  }

  /// `d.dddd`, `dd.ddd`, or as wide a dash where there is nothing.
  private func four(_ value: Double?) -> String {
    guard let value, value >= 0, value < 99.999 else { return "-     " }
    return Fixed.places(value, value < 9.9999 ? 4 : 3)
  }
}
