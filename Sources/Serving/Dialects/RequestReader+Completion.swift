import StrictJSON

extension RequestReader {
  /// A request of `/v1/completions`.
  func completion(_ fields: RequestFields) throws(APIError) -> GenerationRequest {
    var inputs = try prompts(fields)
    if let suffix = try fields.string("suffix") {
      var filled: [RequestInput] = []
      for input in inputs {
        guard case .text(let text) = input else { throw .unsupported("suffix", "needs a prompt that is text") }
        filled.append(.gap(before: text, after: suffix))
      }
      inputs = filled
    }
    var request = GenerationRequest(.completions, model: try model(fields), inputs: inputs)
    try shared(fields, &request)
    request.logprobs = try fields.int("logprobs", in: 0...limits.topLogprobs)
    request.echoes = try fields.bool("echo") ?? false
    if let best = try fields.int("best_of", in: 1...limits.choices), best != request.choices {
      throw .unsupported("best_of", "must be as large as n, or be left out")
    }
    request.prediction = try prediction(fields)
    request.form = try form(fields.object("response_format"))
    if request.scoresPrompt { try checkScoring(request) }
    return request
  }

  /// A prompt whose tokens are told with their probabilities is decoded as an answer is, so little else can be asked for.
  private func checkScoring(_ request: GenerationRequest) throws(APIError) {
    let place = "echo"
    guard let limit = request.limit, limit <= 1 else {
      throw .unsupported(
        place, "with logprobs, the probabilities of a prompt's tokens are told: max_tokens must be 0 or 1")
    }
    for input in request.inputs {
      if case .gap = input { throw .unsupported("suffix", "a prompt with a gap has no probabilities of its tokens") }
    }
    let wishes = request.sampling
    let others: [(String, Bool)] = [
      ("response_format", request.form != nil), ("logit_bias", !wishes.bias.isEmpty),
      (wishes.penalties.first?.name ?? "", !wishes.penalties.isEmpty), ("min_tokens", request.least > 0),
    ]
    if let other = others.first(where: { $0.1 }) {
      throw .unsupported(other.0, "changes the probabilities that echo with logprobs asks for: leave it out")
    }
  }

  /// A text, token ids, or a list of either.
  private func prompts(_ fields: RequestFields) throws(APIError) -> [RequestInput] {
    guard let value = fields["prompt"] else { throw fields.wrong("prompt", "a text, token ids, or a list of either") }
    if let text = value.stringValue { return [.text(text)] }
    guard let elements = value.arrayValue, let first = elements.first else {
      throw fields.wrong("prompt", "a text, token ids, or a list of either")
    }
    let ids = 0...Int(Int32.max)
    if first.intValue != nil {
      return [.tokens(try fields.ints("prompt", most: limits.values, in: ids) ?? [])]
    }
    guard elements.count <= limits.prompts else {
      throw .field("prompt", "has \(elements.count) prompts, and at most \(limits.prompts) are taken")
    }
    var inputs: [RequestInput] = []
    for (index, element) in elements.enumerated() {
      if let text = element.stringValue {
        inputs.append(.text(text))
        continue
      }
      let list = try RequestFields(.object([("prompt[\(index)]", element)]))
      inputs.append(.tokens(try list.ints("prompt[\(index)]", most: limits.values, in: ids) ?? []))
    }
    return inputs
  }
}
