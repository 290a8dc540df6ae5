import Inference

/// Drafts that are right up to a place which changes from round to round, and wrong from there on: every number of accepted
/// drafts comes about, whatever the model's own drafters are like.
final class ForcedDrafter: Drafter {
  /// The prompt, and what vanilla decoding made of it.
  private let truth: [Int]
  private let vocabulary: Int
  /// Tokens known: one more than rows observed.
  private var known: Int
  private var round: Int
  let rowsRun = 0

  /// Drafts of a round.
  static let most = 16

  init(_ truth: [Int], vocabulary: Int, known: Int = 1, round: Int = 0) {
    self.truth = truth
    self.vocabulary = vocabulary
    self.known = known
    self.round = round
  }

  func observe(_ rows: KeptRows) { known += rows.count }

  func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    let count = min(request.count, ForcedDrafter.most)
    // Each number of right drafts of each length comes: the two have no divisor in common.
    let right = round % (ForcedDrafter.most + 1)
    let drafted = 1 + round % count
    round += 1
    for place in 0..<drafted {
      let token = known + place < truth.count ? truth[known + place] : 0
      drafts.append(place < right ? token : (token + 1) % vocabulary)
    }
  }

  func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {}

  func copy(engine: TextEngine) -> any Drafter {
    ForcedDrafter(truth, vocabulary: vocabulary, known: known, round: round)
  }
}
