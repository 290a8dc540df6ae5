/// Copies what followed the same tokens before: in a text that the output is expected to be, in the prompt or in the
/// output itself (prompt lookup). No weights and no passes; it is certain of its drafts.
///
/// It drafts no more tokens than were the same before them: a short match is a weak one.
package final class LookupDrafter: Drafter {
  /// Prompt and output.
  private var text = TextIndex()
  private var prediction = TextIndex()
  /// What `text` goes on with; nil until it is asked for again.
  private var found: Copy??
  package let rowsRun = 0

  /// Most tokens that are copied in a round.
  package static let most = 16

  /// A place to copy from.
  private struct Copy {
    let source: [Int]
    let start: Int
    let matched: Int
    let count: Int
  }

  package init() {}

  private init(copying other: LookupDrafter) {
    text = other.text
    prediction = other.prediction
  }

  package func copy(engine: TextEngine) -> any Drafter { LookupDrafter(copying: self) }

  package func copy(engine: TextEngine, positions: Int) -> any Drafter {
    let copy = LookupDrafter()
    copy.text = text
    return copy
  }

  /// Takes a text that the output may well be; it goes before prompt and output where matches are equally long.
  package func usePrediction(_ tokens: [Int]) {
    guard tokens != prediction.tokens else { return }
    prediction = TextIndex()
    prediction.append(tokens)
    prediction.close()
    found = nil
  }

  package func begin(_ tokens: [Int], shortlist: Int, prediction: [Int]) { usePrediction(prediction) }

  package func observe(_ rows: KeptRows) {
    // First, so that nobody else holds the text that grows.
    found = nil
    // The first token of all follows no row.
    if text.tokens.isEmpty, let first = rows.tokens.first { text.append([first]) }
    text.append(rows.pairs.tokens)
  }

  package func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {
    found = nil
    text.replaceLast(token)
  }

  package var copyable: CopyableText? { best.map { CopyableText(matched: $0.matched, count: $0.count) } }

  private var best: Copy? {
    if let found { return found }
    let best = look()
    found = .some(best)
    return best
  }

  private func look() -> Copy? {
    let foretold = prediction.match(text.tokens)
    let before = text.match(text.tokens)
    if let foretold, foretold.matched >= before?.matched ?? 0 {
      let left = prediction.tokens.count - foretold.place - 1
      if left > 0 { return copy(prediction.tokens, foretold, most: left) }
    }
    // A copy may run into itself: what repeats goes on repeating.
    return before.map { copy(text.tokens, $0, most: LookupDrafter.most) }
  }

  private func copy(_ source: [Int], _ match: (place: Int, matched: Int), most: Int) -> Copy {
    Copy(
      source: source, start: match.place + 1, matched: match.matched,
      count: min(match.matched, most, LookupDrafter.most))
  }

  package func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    guard let best else { return }
    for place in 0..<min(request.count, best.count) {
      let index = best.start + place
      drafts.append(index < best.source.count ? best.source[index] : drafts[index - best.source.count])
    }
  }
}
