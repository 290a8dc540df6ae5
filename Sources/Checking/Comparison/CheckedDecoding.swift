import Digests
import Inference

/// One decoding to its limit with everything that another is compared with.
struct CheckedDecoding {
  var tokens: [Int] = []
  /// Digest of the logits [V] that each token was chosen by, their bytes in memory.
  var logits: [SHA256Digest] = []
  /// Digest of the state of every layer at the end.
  var state = SHA256Stream().finish()
  var rounds: [DecodingRound] = []
  var finish: Decoding.Finish?

  /// Decodes a prompt in a session of its own.
  /// - Throws: `InferenceError`; `CancellationError` when `isStopped` says so.
  init(
    _ session: DecodingSession, _ prompt: Prompt, _ method: DecodingMethod, limit: Int, stops: Set<Int> = [],
    draftShortlist: Int = 0, drafter: (any Drafter)? = nil, isStopped: () -> Bool
  ) throws {
    // Not `self` in the callbacks: they live as long as the decoding.
    let record = Record()
    let options = DecodingOptions(
      limit: limit, stops: stops, draftShortlist: draftShortlist,
      onLogits: { index, token, logits in
        guard index == record.chosen.count else { return }
        record.chosen.append(token)
        record.logits.append(SHA256Digest.of(UnsafeRawBufferPointer(logits)))
      }, onRound: { record.rounds.append($0) })
    let decoding =
      try drafter.map { drafter in try session.decode(prompt, method, options) { _ in drafter } }
      ?? session.decode(prompt, method, options)
    for token in decoding {
      tokens.append(token)
      guard !isStopped() else { throw CancellationError() }
    }
    try decoding.requireSuccess()
    logits = record.logits
    rounds = record.rounds
    finish = decoding.finish
    state = session.stateDigest
  }

  private final class Record {
    var chosen: [Int] = []
    var logits: [SHA256Digest] = []
    var rounds: [DecodingRound] = []
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
