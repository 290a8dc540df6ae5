import Diagnostics
import StrictJSON

extension AuditPage {
  func originSection(_ html: inout MarkupText) {
    html.markup("<section id=\"origin\">\n<h2>What it was made of</h2>\n<dl class=\"facts\">\n")
    for origin in origins { html.markup(String(decoding: origin.markup, as: UTF8.self)) }
    html.markup("</dl>\n")
    notes(&html)
    html.markup(
      """
      <div class="scroll"><table>
      <thead><tr><th>Input<th class="n">Bytes<th>Digest</tr></thead>
      <tbody>

      """)
    for input in audit.json["inputs"]?.arrayValue ?? [] {
      html.markup("<tr><td class=\"name\">")
      html.text(input["path"]?.stringValue ?? "?")
      html.markup("<td class=\"n\">\(AuditPage.grouped(input["bytes"]?.intValue ?? 0))<td class=\"digest\">")
      if let digest = input["sha256"]?.stringValue {
        html.text("sha256 " + digest)
      } else {
        html.text("tree_sha256 " + (input["tree_sha256"]?.stringValue ?? "?"))
      }
      html.markup("</tr>\n")
    }
    html.markup(
      """
      </tbody></table></div>
      <p>The digests of every tensor, before and after, are in <code>audit.json</code>; those of the files of the package \
      in <code>SHA256SUMS</code>. <code>cambium verify PACKAGE</code> holds the package against both.</p>
      </section>

      """)
  }

  /// What the package was made with, as the page says it.
  package var origins: [(name: String, markup: [UInt8])] {
    [("Manifest", "manifest_sha256"), ("Pipeline", "pipeline_sha256"), ("Plan", "plan_sha256")].map { name, key in
      var html = MarkupText()
      fact(name + ", SHA-256", audit.json[key]?.stringValue, &html)
      return (name.lowercased(), html.bytes)
    }
  }

  private func notes(_ html: inout MarkupText) {
    let notes = (audit.json["notes"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard !notes.isEmpty else { return }
    html.markup("<ul>\n")
    for note in notes {
      html.markup("<li>")
      html.text(note)
      html.markup("</li>\n")
    }
    html.markup("</ul>\n")
  }
}
