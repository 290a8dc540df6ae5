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
    if request.echoes, request.logprobs != nil {
      throw .unsupported("echo", "this server has no probabilities of a prompt's tokens")
    }
    if let best = try fields.int("best_of", in: 1...limits.choices), best != request.choices {
      throw .unsupported("best_of", "must be as large as n, or be left out")
    }
    request.prediction = try prediction(fields)
    request.form = try form(fields.object("response_format"))
    return request
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
