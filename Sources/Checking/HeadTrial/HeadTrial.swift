import Inference
import StrictJSON

/// What became of the acceptance of first drafts when a head was tried with a repair.
public struct HeadTrial: Sendable, Hashable {
  /// What was done, in words.
  public var repair: String
  /// The tensor that the repair changes; of several, the first.
  public var tensor: String
  /// What is wrong with the head if this repair restores its acceptance.
  public var defect: String
  /// Share of first drafts accepted with it.
  public var share: Double

  init(_ repair: HeadRepair, share: Double) {
    self.share = share
    switch repair {
    case .exchangeHalves:
      tensor = "mtp.fc.weight"
      self.repair = "halves of fc exchanged"
      defect = "the two halves of its columns are exchanged"
    case .exchangeInputNorms:
      tensor = "mtp.pre_fc_norm_embedding.weight"
      self.repair = "norms before fc exchanged"
      defect = "it is exchanged with mtp.pre_fc_norm_hidden.weight"
    case .addOne:
      tensor = "mtp.norm.weight"
      self.repair = "1 added to the norms"
      defect = "the head's norms never had 1 added"
    case .takeOne:
      tensor = "mtp.norm.weight"
      self.repair = "1 taken from the norms"
      defect = "the head's norms had 1 added twice"
    }
  }
}

/// Why drafts are refused, found by trying.
public struct HeadTrials: Sendable, Hashable {
  /// Share of first drafts accepted as the head is, at depth 1 over the prompts of the trial.
  public var asItIs: Double
  /// One for each repair.
  public var trials: [HeadTrial]

  /// The repair that restores the acceptance: more than twice that of the head as it is and a fifth of all drafts more.
  /// What is less may be chance.
  public var cure: HeadTrial? {
    guard let best = trials.max(by: { $0.share < $1.share }) else { return nil }
    return best.share > 2 * asItIs && best.share > asItIs + 0.2 ? best : nil
  }

  /// `halves of fc exchanged 0.8512, …`.
  public var words: String {
    trials.map { "\($0.repair) \(decimal($0.share, 4))" }.joined(separator: ", ")
  }

  /// `{"as_it_is", "trials": [{"repair", "tensor", "share"}], "cure"}`.
  public var json: JSONValue {
    .object([
      ("as_it_is", .decimal(asItIs, 4)),
      (
        "trials",
        .array(
          trials.map {
            .object([("repair", .string($0.repair)), ("tensor", .string($0.tensor)), ("share", .decimal($0.share, 4))])
          })
      ), ("cure", cure.map { .string($0.repair) } ?? .null),
    ])
  }
}
