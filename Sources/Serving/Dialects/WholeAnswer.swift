import Inference
import OutputParsing

/// A call of an answer.
package struct AnsweredCall: Sendable, Equatable {
  /// Its name in the conversation.
  package var id: String
  /// The tool.
  package var name: String
  /// JSON.
  package var arguments: String
}

/// One answer, whole.
package struct AnsweredChoice: Sendable, Equatable {
  /// What was thought, said and called.
  package var reasoning = ""
  package var text = ""
  package var calls: [AnsweredCall] = []
  /// The tokens of the text with their probabilities, and all ids.
  package var tokens: [GeneratedToken] = []
  package var ids: [Int] = []
  /// Why it ended; nil as long as it has not.
  package var finish: AnswerFinish?
}

/// The answers to a request, put together of their events.
package struct WholeAnswer: Sendable {
  /// The answers in their order.
  package private(set) var choices: [AnsweredChoice]
  /// The counts, once all have ended.
  package private(set) var usage = AnswerUsage()
  /// How a single answer was decoded.
  package private(set) var statistics: DecodingStatistics?
  /// Why there is no answer.
  package private(set) var failure: APIError?
  private let names: NameSource

  /// - Parameters:
  ///   - count: How many answers there are.
  ///   - names: Names the calls.
  package init(_ count: Int, names: NameSource) {
    choices = Array(repeating: AnsweredChoice(), count: count)
    self.names = names
  }

  /// Takes the next event.
  package mutating func add(_ event: AnswerEvent) {
    switch event {
    case .started: break
    case .delta(let index, let pieces, let tokens, let ids):
      guard choices.indices.contains(index) else { return }
      for piece in pieces { add(piece, &choices[index]) }
      choices[index].tokens += tokens
      choices[index].ids += ids
    case .ended(let index, let finish):
      if choices.indices.contains(index) { choices[index].finish = finish }
    case .finished(let usage, let statistics):
      self.usage = usage
      self.statistics = statistics
    case .failed(let error): failure = error
    }
  }

  private func add(_ piece: OutputPiece, _ choice: inout AnsweredChoice) {
    switch piece {
    case .reasoning(let text): choice.reasoning += text
    case .text(let text): choice.text += text
    case .callBegan(let name): choice.calls.append(AnsweredCall(id: names.name("call_"), name: name, arguments: ""))
    case .callArguments(let text): choice.calls.indices.last.map { choice.calls[$0].arguments += text }
    case .callEnded: break
    case .callCut(let closing?, _): choice.calls.indices.last.map { choice.calls[$0].arguments += closing }
    case .callCut(nil, let raw):
      // Nobody could read its arguments: it is text.
      if !choice.calls.isEmpty { choice.calls.removeLast() }
      choice.text += raw
    }
  }
}
