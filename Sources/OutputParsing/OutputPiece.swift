/// What a model's tokens mean: one step of an answer.
package enum OutputPiece: Sendable, Equatable {
  /// More of what the model thinks.
  case reasoning(String)
  /// More of what it says.
  case text(String)
  /// It calls a tool by this name.
  case callBegan(String)
  /// More of the call's arguments; all together are JSON.
  case callArguments(String)
  /// The call is whole.
  case callEnded
  /// The answer was cut inside of a call. `closing` would make its arguments whole; nil where nothing can. `raw` is all
  /// that the model wrote of it.
  case callCut(closing: String?, raw: String)

  /// Pieces with neighbours of one kind joined, so that a burst of tokens is one event.
  package static func joined(_ pieces: [OutputPiece]) -> [OutputPiece] {
    var joined: [OutputPiece] = []
    for piece in pieces {
      switch (joined.last, piece) {
      case (.reasoning(let a)?, .reasoning(let b)): joined[joined.count - 1] = .reasoning(a + b)
      case (.text(let a)?, .text(let b)): joined[joined.count - 1] = .text(a + b)
      case (.callArguments(let a)?, .callArguments(let b)): joined[joined.count - 1] = .callArguments(a + b)
      default: joined.append(piece)
      }
    }
    return joined
  }
}
