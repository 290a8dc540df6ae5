import Inference
import StrictJSON
import Tokenization
import Threads

extension PromptEncoder {
  /// A chat with images as a prompt, the tower's rows in it.
  /// - Throws: `InferenceError.imagePlaces` when the chat has not as many places as there are images; as
  ///   ``encode(_:)``, and `VisionTower.rows`.
  public func encode(
    _ chat: ChatRequest, _ visuals: [VisualInput], tower: VisionTower, pool: WorkerPool
  ) throws -> Prompt {
    let text = try template().render(
      messages: chat.messages, tools: chat.tools, addGenerationPrompt: true, extra: chat.extra)
    return try encode(Array(text.utf8), visuals, tower: tower, pool: pool)
  }

  /// The same for messages of strangers, with images only: control tokens that are written out in messages, tools and
  /// further variables are ordinary text, so that nobody can end a turn, or make a place for an image, from inside of a
  /// message.
  /// - Throws: as `encode`.
  package func encode(
    sanitized chat: ChatRequest, _ images: [VisualInput], tower: VisionTower, pool: WorkerPool
  ) throws -> Prompt {
    // Places are counted before the tower runs, which takes a while.
    let tokens = try padded(chat, rows: images.map(\.patches.tokens), pad: tower.tokens.image)
    return try Prompt(
      tokens, visuals: images.map { try tower.rows($0.patches, kind: $0.kind, pool: pool) }, ids: tower.tokens)
  }

  /// The ids of a chat of strangers, with a pad for each row of its images.
  /// - Parameters:
  ///   - chat: The chat, with a part of the type `image` for each image.
  ///   - rows: Rows of each image.
  ///   - pad: The id of a pad, of which the template writes one for each image.
  /// - Throws: `InferenceError.imagePlaces` when there are not as many places as images; as ``encode(_:)``.
  package func padded(_ chat: ChatRequest, rows: [Int], pad: Int) throws -> [Int] {
    let tokens = try template().encode(
      messages: chat.messages, tools: chat.tools, addGenerationPrompt: true, extra: chat.extra, sanitized: true,
      keysToo: true, with: tokenizer())
    let places = tokens.count { $0 == pad }
    guard places == rows.count else {
      throw InferenceError.imagePlaces(expected: "places for \(rows.count) images", found: "\(places)")
    }
    var left = rows[...]
    return tokens.flatMap { token in
      token == pad ? Array(repeating: pad, count: left.popFirst() ?? 1) : [token]
    }
  }

  /// A text with images; it has the pads of a chat template's text, one for each image.
  public func encode(
    _ text: [UInt8], _ visuals: [VisualInput], tower: VisionTower, pool: WorkerPool
  ) throws -> Prompt {
    let tokenizer = try tokenizer()
    // Places are counted before the tower runs, which takes a while.
    let expanded = try VisualText(tower.tokens, tokenizer).expanded(text, visuals)
    return try Prompt(
      tokenizer.encode(expanded), visuals: visuals.map { try tower.rows($0.patches, kind: $0.kind, pool: pool) },
      ids: tower.tokens)
  }
}

extension ChatRequest {
  /// One message of a user with images and videos in front of the text.
  public init(user text: String, images: Int, videos: Int = 0) {
    let part = { (kind: String) in JSONValue.object([("type", .string(kind))]) }
    let parts =
      Array(repeating: part("image"), count: images) + Array(repeating: part("video"), count: videos)
      + [.object([("type", "text"), ("text", .string(text))])]
    self.init(messages: .array([.object([("role", "user"), ("content", .array(parts))])]))
  }
}
