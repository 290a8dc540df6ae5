import Inference

/// A prompt as tokens, and what is known of the answer that it begins.
package struct PreparedPrompt: Sendable {
  /// The tokens, pictures in them.
  package var prompt: Prompt
  /// Tokens of pictures.
  package var imageTokens: Int
  /// Whether the answer begins inside of its thoughts.
  package var isThinking: Bool
  /// What the prompt ends with and counts as written by the model: the beginning of a call that must be made.
  package var forced: String?
  /// Whether the answer has parts: thoughts, text, calls.
  package var isChat: Bool

  /// Creates a prepared prompt.
  package init(_ prompt: Prompt, imageTokens: Int = 0, isThinking: Bool = false, forced: String? = nil, isChat: Bool) {
    self.prompt = prompt
    self.imageTokens = imageTokens
    self.isThinking = isThinking
    self.forced = forced
    self.isChat = isChat
  }
}
