import StrictJSON

/// The times of one streamed answer, in seconds since its request was sent.
package struct LoadAnswer: Sendable, Equatable {
  /// Seconds until the first token; nil as long as none has come.
  package private(set) var first: Double?
  /// Seconds between a token and the one before. Of several that come at once, each has its share.
  package private(set) var between: [Double] = []
  /// Seconds until the end.
  package private(set) var whole = 0.0
  /// Tokens of the prompt and of the answer, as the server counts them.
  package private(set) var promptTokens = 0
  package private(set) var tokens = 0
  /// Drafts that were made and taken, where the server tells.
  package private(set) var drafted = 0
  package private(set) var accepted = 0
  /// What the server says that went wrong.
  package private(set) var failure: String?
  /// Whether the stream said that it is at its end.
  package private(set) var isWhole = false
  private var last = 0.0

  /// Nothing has come yet.
  package init() {}

  /// Takes a line of the stream. Tokens are counted by their ids where the server tells them, which is asked for; a server that
  /// does not know the word sends each token by itself, or counts less than it made, which the usage at the end shows.
  package mutating func take(_ line: [UInt8], at seconds: Double) {
    let mark = Array("data: ".utf8)
    guard line.starts(with: mark) else { return }
    let data = Array(line.dropFirst(mark.count))
    guard data != Array("[DONE]".utf8) else {
      (isWhole, whole) = (true, seconds)
      return
    }
    guard let event = try? JSONValue.parse(data, file: "event", maxValues: 1 << 20) else {
      failure = failure ?? "an event is no JSON"
      return
    }
    if let error = event["error"], !error.isNull { failure = error["message"]?.stringValue ?? "an error without words" }
    if let usage = event["usage"], !usage.isNull {
      promptTokens = usage["prompt_tokens"]?.intValue ?? promptTokens
      tokens = usage["completion_tokens"]?.intValue ?? tokens
    }
    if let timings = event["timings"], !timings.isNull {
      drafted = timings["draft_n"]?.intValue ?? drafted
      accepted = timings["draft_n_accepted"]?.intValue ?? accepted
    }
    for choice in event["choices"]?.arrayValue ?? [] {
      let ids = choice["token_ids"]?.arrayValue?.count ?? 0
      arrived(ids > 0 ? ids : choice["text"]?.stringValue?.isEmpty == false ? 1 : 0, at: seconds)
    }
  }

  private mutating func arrived(_ tokens: Int, at seconds: Double) {
    var count = tokens
    guard count > 0 else { return }
    if first == nil {
      first = seconds
      count -= 1
    }
    if count > 0 { between += Array(repeating: (seconds - last) / Double(count), count: count) }
    last = seconds
  }
}
