import StrictJSON

extension AuditPage {
  func readerSection(_ html: inout HTMLText) {
    guard let readers else { return }
    html.markup(
      """
      <section id="readers">
      <h2>What readers make of it</h2>
      <p>Judged by the files, names, shapes and configuration, as the loaders of these programs do.</p>
      <div class="scroll"><table>
      <thead><tr><th>Reader<th>Verdict<th>Why</tr></thead>
      <tbody>

      """)
    for row in readers.rows {
      html.markup("<tr><td>")
      html.text(row.reader.name)
      html.markup("<td><b class=\"\(AuditPage.verdictClass(row.verdict.word))\">")
      html.text(row.verdict.word.rawValue)
      html.markup("</b><td class=\"wrap\">")
      html.text(row.verdict.reason)
      html.markup("</tr>\n")
    }
    html.markup("</tbody></table></div>\n</section>\n")
  }

  private static func verdictClass(_ word: ReaderVerdict.Word) -> String {
    switch word {
    case .withHead: "good"
    case .withoutHead: "fair"
    case .refuses: "poor"
    case .corrupts: "bad"
    }
  }

  func checkSection(_ html: inout HTMLText) {
    html.markup("<section id=\"check\">\n<h2>Decoding</h2>\n")
    if let reason = check?["reason"]?.stringValue {
      html.markup("<p>The package was not decoded: ")
      html.text(reason)
      html.markup("</p>\n")
    } else if let check {
      // The run's own report has the runner's in it.
      results(of: check["report"] ?? check, &html)
    } else {
      html.markup(
        """
        <p>What the decode check of the run found stands on the card, and in PACKAGE.check.json beside the package. \
        <code>cambium audit PACKAGE --html FILE --check REPORT</code> makes this page anew with the figures of that report, \
        or of one by <code>verify-runner check PACKAGE --json</code>.</p>

        """)
    }
    html.markup("</section>\n")
  }

  private func results(of check: JSONValue, _ html: inout HTMLText) {
    let settings = check["settings"]?.arrayValue ?? []
    let prompts = check["prompts"]?.arrayValue ?? []
    let passed = check["passed"]?.boolValue ?? false
    html.markup("<p><b class=\"\(passed ? "good" : "bad")\">\(passed ? "Passed" : "Failed")</b>: ")
    let tokens = prompts.reduce(0) { $0 + ($1["tokens"]?.arrayValue?.count ?? 0) }
    html.markup("\(AuditPage.grouped(prompts.count)) prompts, \(AuditPage.grouped(tokens)) tokens decoded, ")
    html.markup("\(AuditPage.grouped(check["differences"]?.arrayValue?.count ?? 0)) differences.</p>\n")
    html.markup(
      """
      <div class="scroll"><table>
      <thead><tr><th>Setting<th>Equal to greedy decoding<th class="n">Tokens compared<th>Drafts accepted, by position\
      <th class="n">Tokens per round</tr></thead>
      <tbody>

      """)
    for setting in settings {
      let isEqual = setting["equal"]?.boolValue ?? false
      html.markup("<tr><td>")
      html.text(setting["name"]?.stringValue ?? "?")
      html.markup("<td><b class=\"\(isEqual ? "good" : "bad")\">\(isEqual ? "yes" : "no")</b><td class=\"n\">")
      html.text(AuditPage.number(setting["compared_tokens"]))
      html.markup("<td>")
      html.text((setting["acceptance"]?["share"]?.arrayValue ?? []).map(AuditPage.number).joined(separator: ", "))
      html.markup("<td class=\"n\">")
      html.text(AuditPage.number(setting["acceptance"]?["tokens_per_round"]))
      html.markup("</tr>\n")
    }
    html.markup("</tbody></table></div>\n")
  }

  /// A number as the report spells it.
  private static func number(_ value: JSONValue?) -> String {
    switch value?.content {
    case .number(let spelling): spelling
    case .string(let text): text
    default: "–"
    }
  }
}
