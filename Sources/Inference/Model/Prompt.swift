/// What a decoding begins with.
public struct Prompt: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// Token ids, image pads expanded.
  public var tokens: [Int]
  /// One position a token; nil for text, where token i has position i.
  public var positions: [TokenPosition]?
  /// Token n after the prompt has position n + positionDelta on all axes; 0 for text.
  public var positionDelta: Int
  /// Embeddings that replace those of the tokens (image rows), by token index.
  public var embeddings: [Int: [Float]]

  /// Creates a prompt, with defaults for text.
  public init(
    _ tokens: [Int], positions: [TokenPosition]? = nil, positionDelta: Int = 0, embeddings: [Int: [Float]] = [:]
  ) {
    self.tokens = tokens
    self.positions = positions
    self.positionDelta = positionDelta
    self.embeddings = embeddings
  }

  public init(arrayLiteral tokens: Int...) { self.init(tokens) }

  /// Whether the prompt is nothing but tokens at their own positions.
  package var isText: Bool { positions == nil && positionDelta == 0 && embeddings.isEmpty }

  /// The position of a token of the prompt, or of one after it.
  package func position(_ index: Int) -> TokenPosition {
    guard let positions, index < positions.count else { return TokenPosition(index + positionDelta) }
    return positions[index]
  }

  /// - Throws: ``InferenceError/prompt(expected:found:)``.
  func check(_ configuration: TextConfiguration) throws(InferenceError) {
    guard !tokens.isEmpty else { throw .prompt(expected: "at least one token", found: "none") }
    if let token = tokens.first(where: { !(0..<configuration.vocabulary).contains($0) }) {
      throw .prompt(expected: "token ids from 0 to \(configuration.vocabulary - 1)", found: "\(token)")
    }
    if let positions, positions.count != tokens.count {
      throw .prompt(expected: "\(tokens.count) positions, one a token", found: "\(positions.count)")
    }
    let limit = 0...(1 << 24)
    for place in [0, tokens.count - 1] + Array(positions?.indices ?? 0..<0) {
      let position = position(place)
      guard limit.contains(position.time), limit.contains(position.height), limit.contains(position.width) else {
        throw .prompt(expected: "positions from 0 to \(limit.upperBound)", found: "\(position)")
      }
    }
    guard abs(positionDelta) <= limit.upperBound else {
      throw .prompt(expected: "a position delta of at most \(limit.upperBound)", found: "\(positionDelta)")
    }
    for (index, row) in embeddings {
      guard tokens.indices.contains(index), row.count == configuration.hidden else {
        throw .prompt(
          expected: "embeddings of \(configuration.hidden) numbers for tokens of the prompt",
          found: "\(row.count) numbers for token \(index)")
      }
    }
  }
}
