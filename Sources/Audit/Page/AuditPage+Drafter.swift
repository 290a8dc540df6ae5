import Diagnostics

extension AuditPage {
  /// What is said of a drafter in the package; nothing without one.
  func drafterSection(_ html: inout MarkupText) {
    guard let drafter = audit.drafter else { return }
    html.markup("<section id=\"drafter\">\n<h2>Drafter</h2>\n<dl class=\"facts\">\n")
    for (name, value) in AuditPage.facts(drafter) { fact(name, value, &html) }
    html.markup(
      """
      </dl>
      <div class="scroll"><table>
      <thead><tr><th>Tensor<th>Type<th class="n">Bytes</tr></thead>
      <tbody>

      """)
    for tensor in drafter.tensors { AuditPage.drafterRow(tensor, &html) }
    html.markup("</tbody></table></div>\n</section>\n")
  }

  private static func facts(_ drafter: AuditDocument.Drafter) -> [(String, String?)] {
    [
      ("File", drafter.file), ("Kind", drafter.architecture), ("Decoded with as", drafter.decoder),
      ("Places of a block", drafter.block.map(grouped)), ("Reads behind layers", list(drafter.taps.map(String.init))),
      ("Tensors, all as they were", grouped(drafter.tensors.count)), ("Size", Fixed.bytes(drafter.bytes)),
      ("Commit", drafter.commit),
    ]
  }

  @inline(never)
  private static func drafterRow(_ tensor: AuditDocument.Part, _ html: inout MarkupText) {
    html.markup("<tr><td class=\"name\">")
    html.text(tensor.name)
    html.markup("<td>")
    html.text(tensor.dtype + " " + tensor.shape.map(String.init).joined(separator: "\u{202F}×\u{202F}"))
    html.markup("<td class=\"n\">\(AuditPage.grouped(tensor.bytes))</tr>\n")
  }
}
