import Inference
import Tokenization

/// A decoding as text, piece by piece. A character whose bytes come in several tokens is held back until it is whole;
/// the stop token and other special tokens are not text.
public struct TextGeneration: Sequence, IteratorProtocol {
  private let decoding: Decoding
  private let stops: Set<Int>
  private var decoder: IncrementalDecoder
  private var isOver = false
  /// All tokens so far, the stop token among them.
  public private(set) var tokens: [Int] = []

  /// Runs the prompt.
  /// - Throws: `InferenceError` for a prompt or options that cannot be run.
  public init(
    _ session: DecodingSession, tokenizer: Tokenizer, prompt: Prompt, _ method: DecodingMethod,
    _ options: DecodingOptions
  ) throws {
    decoding = try session.decode(prompt, method, options)
    stops = options.stops
    decoder = IncrementalDecoder(tokenizer, skipSpecial: true)
  }

  /// - Throws: `InferenceError` when the decoding ended before its time; to be asked at the end.
  public func requireSuccess() throws { try decoding.requireSuccess() }

  /// Counts and times so far.
  public var statistics: DecodingStatistics { decoding.statistics }

  /// Why it ended; nil before the end.
  public var finish: Decoding.Finish? { decoding.finish }

  /// The text of the next token, perhaps empty; nil at the end.
  public mutating func next() -> String? {
    guard !isOver else { return nil }
    guard let token = decoding.next() else {
      isOver = true
      let rest = decoder.finish()
      return rest.isEmpty ? nil : rest
    }
    tokens.append(token)
    // A stop token may be an ordinary one of the tokenizer.
    return stops.contains(token) ? "" : decoder.append(token)
  }
}
