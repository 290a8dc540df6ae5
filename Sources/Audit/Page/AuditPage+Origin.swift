import Diagnostics
import Manifests

extension AuditPage {
  func originSection(_ html: inout MarkupText) {
    html.markup("<section id=\"origin\">\n<h2>Origin: what it was made from</h2>\n<dl class=\"facts\">\n")
    for origin in origins { html.markup(String(decoding: origin.markup, as: UTF8.self)) }
    html.markup("</dl>\n")
    notes(&html)
    html.markup(
      """
      <div class="scroll"><table>
      <thead><tr><th>Input<th class="n">Bytes<th>Digest</tr></thead>
      <tbody>

      """)
    for input in audit.inputs {
      html.markup("<tr><td class=\"name\">")
      html.text(input.path)
      html.markup("<td class=\"n\">\(AuditPage.grouped(input.bytes))<td class=\"digest\">")
      html.text("\(input.digest.rawValue) \(input.sha256)")
      html.markup("</tr>\n")
    }
    html.markup(
      """
      </tbody></table></div>
      <p>The digests of every tensor, before and after, are in <code>audit.json</code>; those of the files of the package \
      in <code>SHA256SUMS</code>. <code>cambium verify PACKAGE</code> compares the package with both.</p>
      </section>

      """)
  }

  /// What the package was made with, as the page says it.
  package var origins: [(name: String, markup: [UInt8])] {
    [("Manifest", audit.manifestSHA256), ("Pipeline", audit.pipelineSHA256), ("Plan", audit.planSHA256)].map {
      name, digest in
      var html = MarkupText()
      fact(name + ", SHA-256", digest, &html)
      return (name.lowercased(), html.bytes)
    }
  }

  private func notes(_ html: inout MarkupText) {
    guard !audit.notes.isEmpty else { return }
    html.markup("<ul>\n")
    for note in audit.notes {
      html.markup("<li>")
      html.text(note)
      html.markup("</li>\n")
    }
    html.markup("</ul>\n")
  }
}
