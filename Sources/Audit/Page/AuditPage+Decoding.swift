import Diagnostics
import Manifests
import StrictJSON

extension AuditPage {
  /// What is known of decoding when the page is made.
  package enum Decoding: Sendable {
    /// Nothing is known of it.
    case unknown
    /// What a run checks before it publishes; without an outcome, a placeholder of the same length.
    case planned(CheckPlan, CheckOutcome?)
    /// A separate report, shown in full.
    case report(CheckOutcome)
  }

  func checkSection(_ html: inout MarkupText) {
    html.markup("<section id=\"check\">\n<h2>Decoding</h2>\n")
    switch decoding {
    case .unknown:
      html.markup(
        """
        <p>No decode check is part of this page. <code>verify-runner check PACKAGE</code> decodes with and without the \
        head and compares tokens and logits; <code>cambium audit PACKAGE --html FILE --check REPORT</code> makes this page \
        anew with its figures.</p>

        """)
    case .planned(.none(let reason), _): html.element("p", "Decoding was not checked: " + reason + ".")
    case .planned(.decode(let check), let outcome): planned(check, outcome, &html)
    case .report(let outcome): report(outcome, &html)
    }
    html.markup("</section>\n")
  }

  private func planned(_ check: DecodeCheck, _ outcome: CheckOutcome?, _ html: inout MarkupText) {
    var full = MarkupText()
    figures(check, outcome, &full)
    let refusal = "Decoding was not checked: the runner refused the package, see \(title).check.json."
    ofOneLength(full, or: outcome?.reason == nil ? nil : refusal, &html)
  }

  /// Markup of one length, whatever was found: what replaces missing figures is padded with spaces.
  func ofOneLength(_ figures: MarkupText, or refusal: String?, _ html: inout MarkupText) {
    guard let refusal else { return html.markup(String(decoding: figures.bytes, as: UTF8.self)) }
    var short = MarkupText()
    short.element("p", refusal)
    short.markup(String(repeating: " ", count: max(0, figures.bytes.count - short.bytes.count)))
    html.markup(String(decoding: short.bytes, as: UTF8.self))
  }

  private func figures(_ check: DecodeCheck, _ outcome: CheckOutcome?, _ html: inout MarkupText) {
    var rows = check.depths.map { ("\($0)", $0, outcome?.acceptance(depth: $0)) }
    if let drafter = check.drafter {
      rows.append((drafter.name, min(drafter.places, AuditPage.mostPlaces), outcome?.acceptance(of: drafter.name)))
    }
    let most = max(1, rows.map(\.1).max() ?? 0)
    let head = check.depths.isEmpty ? "" : "with the head at each depth"
    let drafter =
      check.draftsByLookup
      ? "with lookup (no head: nothing drafts but lookup)" : check.drafter == nil ? "" : "with the drafter"
    let ways = [head, drafter].filter { !$0.isEmpty }.joined(separator: ", ")
    html.markup(
      """
      <p>\(Fixed.counted(check.prompts, "prompt")), \(Fixed.counted(check.tokens, "token")) each, decoded before the package was published, \(ways) \
      and without\(check.drafter == nil || check.draftsByLookup ? " it" : ""): tokens, logits and final states are <b class="good">equal bit for \
      bit</b>. Share of drafts accepted, by place in the draft:</p>
      <div class="scroll"><table>
      <thead><tr><th>Depth
      """)
    for place in 1...most { html.markup("<th class=\"n\">\(place)") }
    html.markup("<th class=\"n\">Tokens per round</tr></thead>\n<tbody>\n")
    for (name, places, found) in rows {
      html.markup("<tr><td>\(name)")
      for place in 0..<most {
        let share = found?.shares.dropFirst(place).first ?? nil
        html.markup("<td class=\"n\">" + (place < places ? AuditPage.four(share) : ""))
      }
      html.markup("<td class=\"n\">" + AuditPage.four(found?.tokensPerRound) + "</tr>\n")
    }
    html.markup("</tbody></table></div>\n")
    source(check, outcome, &html)
    html.markup("<dl class=\"facts\">")
    let none = String(repeating: "0", count: 64)
    fact("Report", "\(title).check.json", &html)
    fact("Its SHA-256", outcome?.digest.hex ?? none, &html)
    fact("All tokens and logits", outcome?.answers ?? none, &html)
    html.markup("</dl>\n")
  }

  /// Places of a block that are shown.
  private static let mostPlaces = 16

  /// `d.dddd`, `dd.ddd`, or as wide a dash where there is nothing.
  private static func four(_ value: Double?) -> String {
    guard let value, value >= 0, value < 99.999 else { return "-     " }
    return Fixed.places(value, value < 9.9999 ? 4 : 3)
  }

  private func report(_ outcome: CheckOutcome, _ html: inout MarkupText) {
    guard let check = outcome.figures else {
      html.element("p", "Decoding was not checked: " + (outcome.reason ?? "") + ".")
      return
    }
    html.markup("<p><b class=\"\(check.passed ? "good" : "bad")\">\(check.passed ? "Passed" : "Failed")</b>: ")
    let tokens = AuditPage.grouped(CheckedSum.clamped(check.tokens))
    html.markup("\(AuditPage.grouped(check.tokens.count)) prompts, \(tokens) tokens decoded, ")
    html.markup("\(AuditPage.grouped(check.differences)) differences.</p>\n")
    html.markup(
      """
      <div class="scroll"><table>
      <thead><tr><th>Setting<th>Equal to greedy decoding<th class="n">Tokens compared<th>Drafts accepted, by position\
      <th class="n">Tokens per round</tr></thead>
      <tbody>

      """)
    for setting in check.settings {
      html.markup("<tr><td>")
      html.text(setting.name)
      html.markup("<td><b class=\"\(setting.isEqual ? "good" : "bad")\">\(setting.isEqual ? "yes" : "no")</b>")
      html.markup("<td class=\"n\">\(setting.comparedTokens)<td>")
      html.text((setting.acceptance?.shares ?? []).map(AuditPage.number).joined(separator: ", "))
      html.markup("<td class=\"n\">")
      html.text(AuditPage.number(setting.acceptance?.tokensPerRound))
      html.markup("</tr>\n")
    }
    html.markup("</tbody></table></div>\n")
    if let source = outcome.source {
      html.markup("<p>Compared with the source; KL in nats, same best token in %:</p>\n")
      sourceTable(source, &html)
    } else if let reason = outcome.notCompared {
      html.element("p", "Not compared with the source: " + reason + ".")
    }
  }

  /// A number as the report spells it; a dash where there is none.
  private static func number(_ value: JSONValue?) -> String {
    if case .number(let spelling)? = value?.content { spelling } else { "–" }
  }
}
