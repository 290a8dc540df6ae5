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
