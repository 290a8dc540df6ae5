import Inference

/// Tokens that come first whatever their probabilities: what a prompt's tokens are told with. After them all may come.
struct ForcedTokens: TokenConstraint {
  private let tokens: [Int]

  init(_ tokens: [Int]) { self.tokens = tokens }

  func begin() -> any ConstrainedText { Text(tokens[...]) }

  private final class Text: ConstrainedText {
    private var rest: ArraySlice<Int>

    init(_ rest: ArraySlice<Int>) { self.rest = rest }

    func allows(_ token: Int) -> Bool { rest.first.map { $0 == token } ?? true }

    func forbid(in logits: UnsafeMutableBufferPointer<Float>) {
      guard let next = rest.first else { return }
      for id in logits.indices where id != next { logits[id] = -.infinity }
    }

    func take(_ token: Int) { rest = rest.dropFirst() }
  }
}

extension GenerationJob {
  /// The job that tells a prompt's tokens with their probabilities: it decodes them after the first one, which the others
  /// follow by force. The logits of a row are the same whether a prompt or an answer has it, so these are the prompt's; and
  /// drafts of the text that is known already make many rows of a pass.
  /// - Parameter tokens: The prompt's tokens.
  func scoring(_ tokens: [Int]) -> GenerationJob {
    var job = GenerationJob(
      Prompt(Array(tokens.prefix(1))), method: .lookup(), limit: tokens.count - 1 + limit, prediction: tokens,
      topLogprobs: topLogprobs)
    job.constraint = ForcedTokens(Array(tokens.dropFirst()))
    job.cacheSalt = cacheSalt
    job.scored = tokens
    return job
  }
}
