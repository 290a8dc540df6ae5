import Diagnostics
import Digests
import Foundation
import Readers

/// `audit.html`: the audit report for people. One file that loads nothing from elsewhere and can be read without its
/// script, which only searches and sorts the list of tensors.
///
/// Like `audit.json`, from which it is made, it has the same length whatever was measured: measured numbers have a fixed
/// width, and nothing is ordered by them.
public struct AuditPage: Sendable {
  /// The page's name in a package.
  public static let fileName = "audit.html"

  let title: String
  let audit: AuditDocument
  let readers: ReaderMatrix?
  let decoding: Decoding
  let treatments: Treatments

  /// - Parameters:
  ///   - title: what the package is called.
  ///   - audit: the package's report.
  ///   - readers: what the known readers make of it; nil leaves the section out.
  ///   - check: what a decode check found; nil when there is none.
  public init(title: String, audit: AuditDocument, readers: ReaderMatrix?, check: CheckOutcome? = nil) {
    self.init(title: title, audit: audit, readers: readers, decoding: check.map { .report($0) } ?? .unknown)
  }

  /// - Parameters:
  ///   - title: What the package is called.
  ///   - audit: The package's report.
  ///   - readers: What the known readers make of it; nil leaves the section out.
  ///   - decoding: What is known of its decoding.
  package init(title: String, audit: AuditDocument, readers: ReaderMatrix?, decoding: Decoding) {
    self.title = title
    self.audit = audit
    self.readers = readers
    self.decoding = decoding
    treatments = Treatments(audit.tensors)
  }

  /// The page, UTF-8.
  public func render() -> [UInt8] {
    var html = MarkupText()
    head(&html)
    overview(&html)
    html.markup("<nav aria-label=\"Sections\">")
    for (name, label) in sections { html.markup("<a href=\"#\(name)\">\(label)</a>") }
    html.markup("</nav>\n<main>\n")
    treatmentSection(&html)
    sizeSection(&html)
    budgetSection(&html)
    errorSection(&html)
    headSection(&html)
    drafterSection(&html)
    readerSection(&html)
    checkSection(&html)
    originSection(&html)
    tensorSection(&html)
    html.markup("</main>\n<script>")
    html.markup(AuditPage.script)
    html.markup("</script>\n</body>\n</html>\n")
    return html.bytes
  }

  private var sections: [(String, String)] {
    var all = [("treatment", "Treatment"), ("size", "Size")]
    if audit.budget != nil { all.append(("budget", "Budget")) }
    all += [("error", "Error"), ("head", "Head")]
    if audit.drafter != nil { all.append(("drafter", "Drafter")) }
    if readers != nil { all.append(("readers", "Readers")) }
    return all + [("check", "Decoding"), ("origin", "Origin"), ("tensors", "Tensors")]
  }

  private func head(_ html: inout MarkupText) {
    // The policy lets nothing run but the one script, whatever a name might smuggle in.
    let digest = Data(SHA256Digest.of(Array(AuditPage.script.utf8)).bytes).base64EncodedString()
    html.markup(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
      script-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>
      """)
    html.text("Audit of " + title)
    html.markup("</title>\n<style>\n\(AuditPage.style)</style>\n</head>\n<body>\n")
  }

  private func overview(_ html: inout MarkupText) {
    let tensors = audit.tensors
    let before = tensors.reduce(0) { $0 + $1.sourceBytes }
    let after = tensors.reduce(0) { $0 + $1.writtenBytes }
    let elements = tensors.reduce(0) { $0 + $1.elements }
    html.markup("<header>\n<p class=\"kind\">Audit report</p>\n")
    html.element("h1", title)
    html.markup("\n<p>Made by ")
    html.text(audit.tool)
    html.markup(" with the pipeline <b>")
    html.text(audit.pipeline)
    html.markup("</b>.</p>\n<dl class=\"figures\">")
    func figure(_ name: String, _ value: String) {
      html.markup("<div><dt>\(name)</dt><dd>")
      html.text(value)
      html.markup("</dd></div>")
    }
    figure("Tensors", AuditPage.grouped(tensors.count))
    figure("Before", Fixed.bytes(before))
    figure("After", Fixed.bytes(after))
    figure("Bits per weight", elements == 0 ? "–" : Fixed.places(Double(after) * 8 / Double(elements), 2))
    figure("MTP head", audit.head == nil ? "none" : "present")
    figure("Left out", AuditPage.grouped(audit.dropped.count))
    html.markup("</dl>\n")
    verdict(&html)
    html.markup("</header>\n")
  }

  /// Digits in groups of three, apart by a narrow space that does not break.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (number, digit) in digits.enumerated() {
      if number > 0, (digits.count - number).isMultiple(of: 3) { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }
}
