import Diagnostics
import Manifests

extension AuditPage {
  /// How far the package is from its source. Of one length, whatever was found: a comparison that turned out to be
  /// impossible is filled up with spaces.
  func source(_ check: DecodeCheck, _ outcome: CheckOutcome?, _ html: inout MarkupText) {
    if let obstacle = check.sourceObstacle {
      html.element("p", "Not compared with the source: " + obstacle + ".")
      return
    }
    var full = MarkupText()
    full.markup(
      "<p>Compared with the source on a short text of cambium's own, chat, code and prose; KL in nats, same best token in"
        + " %:</p>\n")
    sourceTable(outcome?.source, &full)
    let refusal = "Not compared with the source: the runner refused it, see \(title).check.json."
    ofOneLength(full, or: outcome?.notCompared == nil ? nil : refusal, &html)
  }

  /// The figures in one row.
  func sourceTable(_ figures: SourceFigures?, _ html: inout MarkupText) {
    html.markup("<div class=\"scroll\"><table>\n<thead><tr>")
    for column in SourceFigures.columns {
      html.markup("<th class=\"n\">\(column.prefix(1).uppercased())\(column.dropFirst())")
    }
    html.markup("</tr></thead>\n<tbody><tr>")
    for cell in SourceFigures.cells(figures) { html.markup("<td class=\"n\">\(cell)") }
    html.markup("</tr></tbody></table></div>\n")
  }
}
