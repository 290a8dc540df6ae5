import Digests
import Inference

/// One decoding to its limit with everything that another is compared with.
struct CheckedDecoding: Equatable {
  var tokens: [Int] = []
  /// Digest of the logits [V] that each token was chosen by, their bytes in memory.
  var logits: [SHA256Digest] = []
  /// Digest of the state of every layer at the end.
  var state = SHA256Stream().finish()
  var rounds: [DecodingRound] = []
  var finish: Decoding.Finish?
}

/// A decoding that is to be made: a prompt in its own session.
struct DecodingTask {
  /// The name by which a journal knows it, with its prompt and all options; nil for one that is not kept.
  var name: String?
  var prompt: Prompt
  var method: DecodingMethod
  var limit: Int
  var stops: Set<Int> = []
  var draftShortlist = 0
  var measuresShortlist = false
  /// The only drafter, in place of the method's own.
  var drafter: (any Drafter)?
  /// A fault to plant, for tests of the check.
  var defect: PlantedDefect?
}

/// Takes what a decoding shows on its way.
final class DecodingRecord {
  private var decoding = CheckedDecoding()
  /// What the decoding was ended by.
  private(set) var failure: (any Error)?

  /// A record of nothing yet, or of a decoding that was made before.
  init(_ made: CheckedDecoding? = nil) {
    if let made { decoding = made }
  }

  func options(_ task: DecodingTask) -> DecodingOptions {
    var options = DecodingOptions(
      limit: task.limit, stops: task.stops, draftShortlist: task.draftShortlist,
      onLogits: { [weak self] index, _, logits in
        guard let self, index == decoding.logits.count else { return }
        decoding.logits.append(SHA256Digest.of(UnsafeRawBufferPointer(logits)))
      }, onRound: { [weak self] in self?.decoding.rounds.append($0) })
    options.measuresShortlist = task.measuresShortlist
    return options
  }

  func take(_ tokens: [Int]) { decoding.tokens += tokens }

  func end(_ made: Decoding) {
    decoding.finish = made.finish
    decoding.state = made.session.stateDigest
  }

  func fail(_ error: any Error) { failure = error }

  /// - Throws: What ended it before its time.
  func result() throws -> CheckedDecoding {
    if let failure { throw failure }
    return decoding
  }
}

extension DecodingSession {
  /// A digest of every layer's accepted state.
  fileprivate var stateDigest: SHA256Digest {
    var hash = SHA256Stream()
    for layer in state.layerStates {
      let parts =
        switch layer {
        case .attention(let keys, let values): [keys, values]
        case .delta(let convolution, let recurrent): [convolution, recurrent]
        }
      for part in parts { part.withUnsafeBytes { hash.update($0) } }
    }
    return hash.finish()
  }
}
