import Checkpoint
import Planning

extension ModelCard {
  /// What the cards of source and donor say of their licences. None is made up: what is not stated is unknown.
  var licenceLines: [String] {
    get throws {
      var lines = [
        stated(source).map { "Licence of the source, which holds for this package too: \($0)." }
          ?? "The source does not state a licence: it is unknown."
      ]
      if let donor = resolution.donor, plan.head?.grafted == true {
        lines.append(
          stated(try SourceCard(folder: donor)).map { "Licence of the checkpoint that the head was taken from: \($0)." }
            ?? "The checkpoint that the head was taken from does not state a licence: it is unknown.")
      }
      return lines
    }
  }

  /// The licence with its name and link, as far as the card states them.
  private func stated(_ card: SourceCard) -> String? {
    guard let licence = card.licence else { return nil }
    let more = card.values("license_name") + card.values("license_link")
    return MarkdownText.text(more.isEmpty ? licence : licence + " (" + more.joined(separator: ", ") + ")")
  }
}
