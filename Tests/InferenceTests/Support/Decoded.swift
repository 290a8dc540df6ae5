import Digests
import Inference

/// What a decoding gave, and a digest of the logits of every committed token.
struct Decoded: Equatable {
  var tokens: [Int]
  var logits: SHA256Digest
}

/// A decoding at its end.
struct DecodingResult {
  var decoded: Decoded
  /// The drafts of every round.
  var drafts: [[Int]]
  var statistics: DecodingStatistics
  var finish: Decoding.Finish?
}

extension DecodingSession {
  /// Decodes to the end.
  func run(
    _ prompt: Prompt, _ method: DecodingMethod = .vanilla, limit: Int, stops: Set<Int> = [], draftShortlist: Int = 0,
    prediction: [Int] = []
  ) throws -> DecodingResult {
    var hash = SHA256Stream()
    var chosen: [Int] = []
    var drafts: [[Int]] = []
    let decoding = try decode(
      prompt, method,
      DecodingOptions(
        limit: limit, stops: stops, draftShortlist: draftShortlist, prediction: prediction,
        onLogits: { index, token, logits in
          if index == chosen.count { chosen.append(token) }
          hash.update(UnsafeRawBufferPointer(logits))
        }, onRound: { drafts.append($0.drafts) }))
    let tokens = Array(decoding)
    return DecodingResult(
      decoded: Decoded(tokens: chosen == tokens ? tokens : [-1], logits: hash.finish()), drafts: drafts,
      statistics: decoding.statistics, finish: decoding.finish)
  }

  /// A digest of every layer's accepted state.
  var stateDigest: SHA256Digest {
    var hash = SHA256Stream()
    for layer in state.layerStates {
      switch layer {
      case .attention(let keys, let values):
        keys.withUnsafeBytes { hash.update($0) }
        values.withUnsafeBytes { hash.update($0) }
      case .delta(let convolution, let recurrent):
        convolution.withUnsafeBytes { hash.update($0) }
        recurrent.withUnsafeBytes { hash.update($0) }
      }
    }
    return hash.finish()
  }
}

/// A prompt of made-up tokens.
func madeUpPrompt(_ count: Int, seed: Int = 0) -> Prompt {
  Prompt((0..<count).map { ($0 * 37 + seed * 61 + 11) % 240 })
}
