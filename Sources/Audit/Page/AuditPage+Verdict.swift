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
    fact("From the source", sourceWords, &html)
    fact("Decoding", decodingWords, &html)
    html.markup("</dl>\n")
  }

  /// How far the package is from its source, in a line; nil when that was no part of the check.
  private var sourceWords: String? {
    switch decoding {
    case .planned(.decode(let check), let outcome):
      guard check.sourceObstacle == nil else { return nil }
      let compared = words(outcome?.source)
      guard outcome?.reason != nil || outcome?.notCompared != nil else { return compared }
      let refused = "not compared"
      return refused + String(repeating: " ", count: max(0, compared.utf8.count - refused.utf8.count))
    case .report(let outcome): return outcome.source.map { words($0) }
    case .unknown, .planned(.none, _): return nil
    }
  }

  private func words(_ figures: SourceFigures?) -> String {
    let cells = SourceFigures.cells(figures)
    return "KL \(cells[0]) nats in the mean; same best token \(cells[3]) %"
  }

  /// The decoding verdict in a line; that of a planned check is as long when it turned out to be impossible.
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
