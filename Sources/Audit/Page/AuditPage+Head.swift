import Diagnostics
import StrictJSON

extension AuditPage {
  func headSection(_ html: inout MarkupText) {
    html.markup("<section id=\"head\">\n<h2>The multi-token-prediction head</h2>\n")
    if let head = audit.json["head"], head["present"]?.boolValue == true {
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
  private static func facts(_ head: JSONValue) -> [(String, String?)] {
    func word(_ key: String) -> String? { head[key]?.stringValue }
    func number(_ key: String) -> String? {
      guard let value = head[key]?.intValue else { return nil }
      return grouped(value)
    }
    let pairing = head["pairing"] ?? .null
    return [
      ("File", word("file")),
      ("Origin", head["grafted"]?.boolValue == true ? "grafted from a donor" : "the source's own"),
      ("Tensors in the checkpoint", number("tensors")), ("Found under", word("source_prefix")),
      ("Found in", list(head["source_files"])), ("Layout", word("layout")), ("Experts", number("experts")),
      ("Norms in the source", word("source_norm_convention")), ("Evidence for the norms", word("norm_evidence")),
      ("Norms as written", word("norm_convention")), ("fc takes", list(head["fc_input_order"])),
      ("Hidden state", word("hidden_state")),
      ("Listed in the index", head["indexed"]?.boolValue == true ? "yes" : "no"),
      ("Pairing with the trunk", pairing["verdict"]?.stringValue),
      ("Evidence for the pairing", list(pairing["evidence"])),
      ("Commit of the source", pairing["source_commit"]?.stringValue),
      ("Commit of the donor", pairing["donor_commit"]?.stringValue),
    ]
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
    html.text(AuditPage.list(tensor.json["transforms"]) ?? "–")
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

  static func list(_ value: JSONValue?) -> String? {
    let words = (value?.arrayValue ?? []).compactMap(\.stringValue)
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}

extension AuditDocument.Tensor {
  /// `BF16 256 × 512`.
  var sourceType: String {
    let shape = sourceShape.map(String.init).joined(separator: "\u{202F}×\u{202F}")
    return (json["source"]?["dtype"]?.stringValue ?? "?") + " " + shape
  }
}
