import Constraints
import OutputParsing
import Threads
import Tokenization

/// Holds answers to the forms and the calls that requests ask for.
final class HeldAnswers: Sendable {
  private let model: TextModel
  private let prompts: PromptMaker
  /// The model's tokens in order: made when the first answer needs them.
  private let vocabulary = Guarded<TokenVocabulary?>(nil)

  init(_ model: TextModel, _ prompts: PromptMaker) {
    self.model = model
    self.prompts = prompts
  }

  /// What a request asks for.
  static func form(of request: GenerationRequest) -> HeldForm {
    switch request.form?.form {
    case .object: .object
    case .schema: .schema
    case nil: calls(of: request) == .none ? .none : .calls
    }
  }

  /// Whether the request wants calls that are constrained.
  private static func calls(of request: GenerationRequest) -> AnswerShape.Calls {
    guard let conversation = request.conversation, !conversation.tools.isEmpty else { return .none }
    return switch conversation.toolChoice {
    case .none: .none
    case .required, .named: .required
    case .auto: conversation.tools.contains(where: \.isStrict) ? .possible : .none
    }
  }

  /// Refuses what does not go together.
  /// - Returns: Fields that have no effect with this model.
  func check(_ request: GenerationRequest, isUnchecked: Bool) throws(APIError) -> [String] {
    guard Self.form(of: request) != .none else { return [] }
    let place = request.form?.place ?? "tool_choice"
    if request.conversation != nil, model.marks.channels != nil {
      guard request.form == nil else {
        throw .unsupported(place, "the answers of this model have headers, and are not held to a form yet")
      }
      return ["tools.strict"]
    }
    if case .required = Self.calls(of: request), let form = request.form {
      throw .unsupported(form.place, "an answer that must be a call has no text: leave one of both out")
    }
    if request.ignoresEnd {
      throw .unsupported("ignore_eos", "an answer of a form, or a call that must be made, has its end: leave it out")
    }
    if isUnchecked { throw .unsupported("decoder", "optimistic decoding holds no answer to anything: take another") }
    if request.form == nil, case .possible = Self.calls(of: request), model.marks.calls == nil {
      return ["tools.strict"]
    }
    return []
  }

  /// The constraint on the answers to one prompt; nil for none.
  func constraint(_ request: GenerationRequest, _ prompt: PreparedPrompt) throws(APIError) -> AnswerConstraint? {
    guard Self.form(of: request) != .none, !prompt.isChat || model.marks.channels == nil else { return nil }
    let shape = try shape(request, prompt)
    guard shape.isHeld else { return nil }
    let grammar: Grammar
    do {
      grammar = try shape.grammar()
    } catch {
      let place = error.place.isEmpty ? request.form?.place ?? "tools" : error.place
      throw .unsupported(place, "\(error.pointer) \(error.reason)")
    }
    var begun = Array((prompt.forced ?? "").utf8)
    if let conversation = request.conversation, conversation.continuesLast, let last = conversation.messages.last {
      begun = Array(last.text.utf8)
    }
    let constraint = AnswerConstraint(grammar, tokens(), marks: marks, begun: begun)
    guard constraint.start().isPossible else {
      guard prompt.forced == nil else { throw .fault("a call that must be made is not one of the grammar") }
      // In the dialect of messages a last message of the assistant is always the beginning of the answer.
      let place = request.dialect == .messages ? request.conversation?.messages.last?.place : nil
      throw .field(
        place ?? "continue_final_message", "the last message does not begin an answer of the form that is asked for")
    }
    return constraint
  }

  private func shape(_ request: GenerationRequest, _ prompt: PreparedPrompt) throws(APIError) -> AnswerShape {
    var shape = AnswerShape()
    shape.marks = Set(marks.values)
    shape.form = request.form.map { ($0.form, $0.schemaPlace) }
    guard prompt.isChat, let conversation = request.conversation else { return shape }
    if prompt.isThinking {
      shape.thoughts = .open
    } else if prompt.forced == nil, !conversation.continuesLast, conversation.thinks != false,
      model.marks.mayThink(after: prompt.prompt.tokens), model.marks.thought != nil
    {
      shape.thoughts = .possible
    }
    guard !conversation.tools.isEmpty, conversation.toolChoice != .none else { return shape }
    var tools = conversation.tools
    if case .named(let name) = conversation.toolChoice { tools.removeAll { $0.name != name } }
    let isForced = prompt.forced != nil
    shape.tools = tools.map { tool in
      AnswerShape.Tool(
        tool.name, parameters: tool.parameters, hold: tool.isStrict ? .whole : isForced ? .partly : .none,
        place: tool.place.isEmpty ? "tools" : tool.place)
    }
    shape.calls = isForced ? .required : .possible
    shape.style = try prompts.callStyle(conversation)
    shape.callsOnce = conversation.callsOnce
    return shape
  }

  /// The tokens that are marks, by what they mean.
  private var marks: [Int: Mark] {
    var marks: [Int: Mark] = [:]
    for id in model.stops { marks[id] = .end }
    let known: [(Int?, Mark)] = [
      (model.marks.thinks, .thinks), (model.marks.thought, .thought), (model.marks.calls, .calls),
      (model.marks.called, .called),
    ]
    for (id, mark) in known { if let id { marks[id] = mark } }
    return marks
  }

  /// Tokens that are added to the model's own have no text: they are marks, or nothing that an answer has.
  private func tokens() -> TokenVocabulary {
    vocabulary.withLock { vocabulary in
      if let vocabulary { return vocabulary }
      let tokenizer = model.tokenizer
      let added = Set(tokenizer.addedTokens.map(\.id))
      let made = TokenVocabulary(count: min(model.vocabulary, tokenizer.vocabularySize)) { id in
        added.contains(id) || tokenizer.isSpecial(id) ? nil : tokenizer.bytes(of: id)
      }
      vocabulary = made
      return made
    }
  }
}
