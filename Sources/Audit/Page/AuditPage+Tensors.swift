import Diagnostics

extension AuditPage {
  /// From here on the list is closed until it is asked for: laying out tens of thousands of rows takes seconds.
  private static let closedFrom = 3000

  /// Every tensor is a row of the page itself, so that the page is complete without its script. The script takes the
  /// rows out and shows those that are asked for, some hundred at a time.
  func tensorSection(_ html: inout MarkupText) {
    let count = audit.tensors.count
    html.markup(
      """
      <section id="tensors">
      <h2>Tensors, every one</h2>
      <form id="find" hidden>
      <label>Search <input id="words" type="search" placeholder="layers.3 mlp" autocomplete="off"></label>
      <label>Role <select id="role"><option value="">all</option></select></label>
      <label>Verdict <select id="verdict"><option value="">all</option></select></label>
      <output id="found"></output>
      </form>
      <details id="all"\(count < AuditPage.closedFrom ? " open" : "")>
      <summary>\(AuditPage.grouped(count)) tensors; the number beside a verdict links to the rule that gave it</summary>
      <div class="scroll">
      """)
    html.markup(AuditPage.listBegin)
    rows(&html)
    html.markup(
      """
      \(AuditPage.listEnd)
      <button id="more" type="button" hidden>Show more</button>
      </details>
      </section>

      """)
  }

  /// What comes before the rows of the list, and after them.
  package static let listBegin = """
    <table id="list">
    <thead><tr><th>Tensor<th>Role<th>Verdict<th>Source<th class="n">Before<th class="n">After<th class="n">Cosine\
    <th class="n">Error</tr></thead>
    <tbody>

    """
  package static let listEnd = "</tbody></table></div>"

  /// The rows, a line each.
  package var tensorRows: [UInt8] {
    var html = MarkupText()
    rows(&html)
    return html.bytes
  }

  @inline(never)
  private func rows(_ html: inout MarkupText) {
    for number in audit.tensors.indices { row(audit.tensors[number], treatment: treatments.numbers[number] + 1, &html) }
  }

  // Not inlined: the optimizer of Swift 6.3.1 crashes over it.
  @inline(never)
  private func row(_ tensor: AuditDocument.Tensor, treatment: Int, _ html: inout MarkupText) {
    let error = tensor.error?.all
    html.markup("<tr><td class=\"name\">")
    html.text(tensor.name)
    html.markup("<td>")
    html.text(tensor.role)
    html.markup("<td>")
    html.text(tensor.verdict)
    html.markup(" <a href=\"#t\(treatment)\">\(treatment)</a><td>")
    html.text(tensor.sourceType)
    html.markup("<td class=\"n\">\(tensor.sourceBytes)<td class=\"n\">\(tensor.writtenBytes)<td class=\"n\">")
    html.text(AuditPage.measure(error?.cosine, ""))
    html.markup("<td class=\"n\">")
    html.text(AuditPage.measure(error?.relativeRMS, ""))
    html.markup("</tr>\n")
  }

  /// A measured number of constant width; what is not measured is `other`.
  static func measure(_ value: Double?, _ other: String) -> String {
    if let value { return Fixed.eight(value) }
    return other
  }
}
