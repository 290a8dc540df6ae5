import Digests
import Inference

/// By what a journal knows the decodings of a check: all that decides what they give, but for model and program.
struct DecodingNames {
  private let context: String

  /// - Parameters:
  ///   - part: Tells decodings of the package from those of the source.
  ///   - prompts: All prompts of the check.
  ///   - options: Those of the check.
  init(_ part: String, _ prompts: [EncodedPrompt], _ options: CheckOptions) {
    var hash = SHA256Stream()
    let head: [Int] = [options.limit, options.draftShortlist, prompts.count, options.stops.count]
    for number in head + options.stops.sorted() { DecodingNames.enter(number, &hash) }
    hash.update(Array(options.arithmetic.rawValue.utf8))
    for prompt in prompts { DecodingNames.enter(prompt.prompt, &hash) }
    context = part + " " + String(hash.finish().hex.prefix(32))
  }

  /// - Parameters:
  ///   - prompt: Number of the prompt.
  ///   - setting: Name of the way of decoding.
  ///   - withStops: Whether stop tokens end it.
  func name(_ prompt: Int, _ setting: String, withStops: Bool = false) -> String {
    "\(context) \(prompt) \(setting)" + (withStops ? " stops" : "")
  }

  private static func enter(_ prompt: Prompt, _ hash: inout SHA256Stream) {
    for number in [prompt.tokens.count, prompt.positionDelta, prompt.embeddings.count] + prompt.tokens {
      enter(number, &hash)
    }
    for position in prompt.positions ?? [] {
      for number in [position.time, position.height, position.width] { enter(number, &hash) }
    }
    for (index, row) in prompt.embeddings.sorted(by: { $0.key < $1.key }) {
      enter(index, &hash)
      row.withUnsafeBytes { hash.update($0) }
    }
  }

  private static func enter(_ number: Int, _ hash: inout SHA256Stream) {
    withUnsafeBytes(of: Int64(number).littleEndian) { hash.update($0) }
  }
}
