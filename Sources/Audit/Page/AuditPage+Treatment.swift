import Diagnostics

extension AuditPage {
  func treatmentSection(_ html: inout MarkupText) {
    html.markup(
      """
      <section id="treatment">
      <h2>Treatment: what was done, and why</h2>
      <p>Every tensor has one verdict, given by one rule.</p>
      <div class="scroll"><table>
      <thead><tr><th>No.<th>Verdict<th>Rule<th class="n">Tensors<th class="n">Bytes before<th class="n">After</tr></thead>
      <tbody>

      """)
    for (number, row) in treatments.rows.enumerated() {
      html.markup(
        "<tr id=\"t\(number + 1)\"><td>\(number + 1)<td><b class=\"\(AuditPage.verdictClass(row.key.verdict))\">")
      html.text(row.key.verdict)
      html.markup("</b>")
      if let format = row.key.format {
        html.markup("<br>")
        html.text(format)
      }
      html.markup("<td class=\"wrap\">")
      html.text(row.key.rule)
      if let reason = row.key.reason { html.element("p", reason, attributes: " class=\"why\"") }
      html.markup("<td class=\"n\">\(AuditPage.grouped(row.tensors))")
      html.markup(
        "<td class=\"n\">\(AuditPage.grouped(row.before))<td class=\"n\">\(AuditPage.grouped(row.after))</tr>\n")
    }
    html.markup("</tbody></table></div>\n")
    droppedTable(&html)
    html.markup("</section>\n")
  }

  private func droppedTable(_ html: inout MarkupText) {
    let dropped = audit.dropped
    guard !dropped.isEmpty else {
      html.markup("<p>No tensor of the source was left out.</p>\n")
      return
    }
    html.markup(
      "<details><summary>\(AuditPage.grouped(dropped.count)) tensors of the source were left out</summary>\n")
    html.markup(
      "<div class=\"scroll\"><table><thead><tr><th>Tensor<th class=\"n\">Bytes<th>Rule</tr></thead><tbody>\n")
    for tensor in dropped {
      html.markup("<tr><td class=\"name\">")
      html.text(tensor.name)
      html.markup("<td class=\"n\">\(AuditPage.grouped(tensor.bytes))<td class=\"wrap\">")
      html.text(tensor.rule)
      if !tensor.reason.isEmpty {
        html.element("p", tensor.reason, attributes: " class=\"why\"")
      }
      html.markup("</tr>\n")
    }
    html.markup("</tbody></table></div></details>\n")
  }

  /// Only our own words become classes.
  static func verdictClass(_ verdict: String) -> String {
    ["quantized", "converted", "kept"].contains(verdict) ? verdict : "other"
  }
}
