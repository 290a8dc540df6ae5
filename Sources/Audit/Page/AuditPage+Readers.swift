import Diagnostics
import Readers
import StrictJSON

extension AuditPage {
  func readerSection(_ html: inout MarkupText) {
    guard let readers else { return }
    html.markup(
      """
      <section id="readers">
      <h2>Readers: who loads it, and how</h2>
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
}
