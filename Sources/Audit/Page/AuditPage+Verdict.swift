import Diagnostics

extension AuditPage {
  /// What a reader wants to know first, above everything else: what readers make of the package, how near it is to its source,
  /// and whether it was decoded. Of one length, whatever was measured.
  func verdict(_ html: inout MarkupText) {
    html.markup("<dl class=\"facts\">\n")
    fact("Readers", readers?.summary, &html)
    let cosines = audit.tensors.compactMap(\.cosine)
    if let least = cosines.min() {
      let words = "\(Fixed.eight(least)) of \(AuditPage.grouped(cosines.count)) quantized tensors"
      fact("Least cosine", words, &html)
    } else {
      fact("Least cosine", "no tensor is quantized", &html)
    }
    fact("Decoding", decodingWords, &html)
    html.markup("</dl>\n")
  }

  /// In a line; those of a planned check are as long when it turned out to be impossible.
  private var decodingWords: String {
    let checked = "the same tokens and logits with drafts and without, bit for bit"
    let refused = "not checked: the runner refused the package"
    switch decoding {
    case .unknown: return "not part of this page"
    case .planned(.none, _): return "not checked"
    case .planned(.decode, let outcome):
      guard outcome?.reason != nil else { return checked }
      return refused + String(repeating: " ", count: max(0, checked.utf8.count - refused.utf8.count))
    case .report(let outcome):
      guard let figures = outcome.figures else { return "not checked" }
      return figures.passed ? checked : "failed: the report below says in what"
    }
  }
}
