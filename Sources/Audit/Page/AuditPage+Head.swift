import Diagnostics

extension AuditPage {
  func headSection(_ html: inout MarkupText) {
    html.markup("<section id=\"head\">\n<h2>Head for multi-token prediction</h2>\n")
    if let head = audit.head {
      html.markup("<dl class=\"facts\">\n")
      for (name, value) in AuditPage.facts(head) { fact(name, value, &html) }
      html.markup("</dl>\n")
      inventory(&html)
    } else {
      html.markup("<p>The package has no head.</p>\n")
    }
    html.markup("</section>\n")
  }

  /// What the audit says of the head; see the page *Audit report*.
  private static func facts(_ head: AuditDocument.Head) -> [(String, String?)] {
    [
      ("File", head.file), ("Origin", head.isGrafted ? "grafted from a donor" : "the source's own"),
      ("Tensors in the checkpoint", grouped(head.tensors)), ("Found under", head.sourcePrefix),
      ("Found in", list(head.sourceFiles)), ("Layout", head.layout), ("Experts", head.experts.map(grouped)),
      ("Norms in the source", norms(head.sourceNormConvention)), ("Evidence for the norms", head.normEvidence),
      ("Norms as written", norms(head.normConvention)), ("Inputs of fc, in order", list(head.fcInputOrder)),
      ("Hidden state", hiddenState(head.hiddenState)), ("Listed in the index", head.isIndexed ? "yes" : "no"),
      ("Pairing with the trunk", head.pairing), ("Evidence for the pairing", list(head.pairingEvidence)),
      ("Commit of the source", head.sourceCommit), ("Commit of the donor", head.donorCommit),
    ]
  }

  /// A convention in words, with the name that files have for it.
  private static func norms(_ convention: String) -> String {
    switch convention {
    case "gamma": "plain factors (gamma)"
    case "offset": "factors less 1 (offset)"
    default: convention
    }
  }

  private static func hiddenState(_ name: String) -> String {
    name == "post_norm" ? "after the trunk's last norm (post_norm)" : name
  }

  @inline(never)
  private func inventory(_ html: inout MarkupText) {
    html.markup(
      """
      <div class="scroll"><table>
      <thead><tr><th>Tensor<th>Source<th>Verdict<th>Transforms<th class="n">Bytes<th class="n">Cosine</tr></thead>
      <tbody>

      """)
    for number in audit.tensors.indices where audit.tensors[number].origin == "head" {
      inventoryRow(audit.tensors[number], &html)
    }
    html.markup("</tbody></table></div>\n")
  }

  // Inlined into the section, it crashes the optimizer of Swift 6.3.1.
  @inline(never)
  private func inventoryRow(_ tensor: AuditDocument.Tensor, _ html: inout MarkupText) {
    let format = tensor.format.map { " " + $0 } ?? ""
    html.markup("<tr><td class=\"name\">")
    html.text(tensor.name)
    html.markup("<td>")
    html.text(tensor.sourceType)
    html.markup("<td>")
    html.text(tensor.verdict + format)
    html.markup("<td>")
    html.text(AuditPage.list(tensor.transforms) ?? "–")
    html.markup("<td class=\"n\">\(AuditPage.grouped(tensor.writtenBytes))<td class=\"n\">")
    html.text(AuditPage.measure(tensor.error?.all.cosine, "–"))
    html.markup("</tr>\n")
  }

  /// One term of a list of facts; nothing when it is not known.
  func fact(_ name: String, _ value: String?, _ html: inout MarkupText) {
    guard let value, !value.isEmpty else { return }
    html.markup("<dt>\(name)</dt><dd>")
    html.text(value)
    html.markup("</dd>\n")
  }

  static func list(_ words: [String]) -> String? { words.isEmpty ? nil : words.joined(separator: ", ") }
}

extension AuditDocument.Tensor {
  /// `BF16 256 × 512`.
  var sourceType: String {
    let shape = sourceShape.map(String.init).joined(separator: "\u{202F}×\u{202F}")
    return sourceDType + " " + shape
  }
}
