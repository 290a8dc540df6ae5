import Constraints
import StrictJSON

/// Reads the bodies of requests.
package struct RequestReader: Sendable {
  /// Bounds.
  package let limits: RequestLimits

  /// - Parameter limits: Bounds on every request.
  package init(_ limits: RequestLimits = RequestLimits()) { self.limits = limits }

  /// The request of a body.
  /// - Throws: ``APIError``, with the field that is wrong.
  package func request(_ body: [UInt8], _ dialect: Dialect) throws(APIError) -> GenerationRequest {
    let fields = try RequestFields(body: body, limits: limits)
    let ignored = try ParameterRules(dialect).ignored(fields)
    var request =
      switch dialect {
      case .chat: try chat(fields)
      case .completions: try completion(fields)
      case .responses: try response(fields)
      case .messages: try messages(fields)
      }
    request.ignored = ignored
    try limits.check(body: body.count, pictures: request.conversation?.images.map(\.bytes) ?? [])
    return request
  }

  /// The fields that the dialects of OpenAI's interface share.
  func shared(_ fields: RequestFields, _ request: inout GenerationRequest) throws(APIError) {
    try sampling(fields, &request.sampling)
    request.limit = try limit(fields, "max_tokens")
    request.least = try fields.int("min_tokens", in: 0...(1 << 20)) ?? 0
    request.choices = try fields.int("n", in: 1...limits.choices) ?? 1
    request.stops = try stops(fields, "stop")
    request.stopIDs = try fields.ints("stop_token_ids", most: 64, in: 0...Int.max) ?? []
    request.ignoresEnd = try fields.bool("ignore_eos") ?? false
    request.streams = try fields.bool("stream") ?? false
    if let options = try fields.object("stream_options") {
      request.tellsUsage = try options.bool("include_usage") ?? false
      request.tellsUsageAlways = try options.bool("continuous_usage_stats") ?? false
    }
    request.tellsTokens = try fields.bool("return_token_ids") ?? false
    request.decoder = try fields.string("decoder", bytes: 64)
    request.cacheSalt = try fields.string("cache_salt", bytes: limits.nameBytes) ?? ""
  }

  /// Tokens at most; nil for what fits, which some clients ask for by -1.
  func limit(_ fields: RequestFields, _ key: String, from least: Int = 0) throws(APIError) -> Int? {
    guard let limit = try fields.int(key, in: -1...Int.max), limit >= 0 else { return nil }
    guard limit >= least else { throw fields.wrong(key, "a whole number from \(least), or -1 for what fits") }
    return limit
  }

  /// How tokens are chosen.
  func sampling(_ fields: RequestFields, _ sampling: inout SamplingWishes) throws(APIError) {
    sampling.temperature = try fields.number("temperature", in: 0...2)
    if let temperature = sampling.temperature, temperature > 0, temperature < 1e-3 {
      throw .field(fields.name("temperature"), "must be 0, or at least 0.001")
    }
    sampling.topP = try fields.number("top_p", in: 0...1)
    if let share = sampling.topP, !(Float(share) > 0) { throw .field(fields.name("top_p"), "must be above 0") }
    sampling.topK = try fields.int("top_k", in: -1...(1 << 30)).map { max(0, $0) }
    sampling.minP = try fields.number("min_p", in: 0...1)
    sampling.frequencyPenalty = try fields.number("frequency_penalty", in: -2...2)
    sampling.presencePenalty = try fields.number("presence_penalty", in: -2...2)
    sampling.repetitionPenalty = try fields.number("repetition_penalty", in: 0.01...10)
    // A negative one means any seed to some clients, and names one to others.
    sampling.seed = try fields.int("seed", in: Int.min...Int.max).map { UInt64(bitPattern: Int64($0)) }
    sampling.bias = try biases(fields)
  }

  private func biases(_ fields: RequestFields) throws(APIError) -> [Int: Double] {
    guard let object = try fields.object("logit_bias"), let members = object.value.members else { return [:] }
    guard members.count <= limits.biases else {
      throw .field(object.path, "has \(members.count) entries, and at most \(limits.biases) are taken")
    }
    var biases: [Int: Double] = [:]
    for member in members {
      guard let id = JSONInteger.natural(member.key) else {
        throw .field(object.name(member.key), "is no token id")
      }
      biases[id] = try object.number(member.key, in: -100...100)
    }
    return biases
  }

  /// A text, or a list of texts.
  func stops(_ fields: RequestFields, _ key: String) throws(APIError) -> [String] {
    guard let value = fields[key] else { return [] }
    let texts: [String]
    if value.stringValue != nil {
      texts = [try fields.required(key, bytes: limits.stopBytes)]
    } else {
      texts = try fields.strings(key, most: limits.stops, bytes: limits.stopBytes) ?? []
    }
    return texts.filter { !$0.isEmpty }
  }

  /// The model's name, which may be missing.
  func model(_ fields: RequestFields) throws(APIError) -> String {
    try fields.string("model", bytes: limits.nameBytes) ?? ""
  }

  /// A text that the answer may repeat: `{"type": "content", "content": …}`.
  func prediction(_ fields: RequestFields) throws(APIError) -> String? {
    guard let prediction = try fields.object("prediction") else { return nil }
    guard let content = prediction["content"] else { throw prediction.wrong("content", "a string or a list of parts") }
    if let text = content.stringValue { return text }
    var text = ""
    for part in try prediction.objects("content", most: limits.parts) ?? [] { text += try part.required("text") }
    return text
  }

  /// The form of the answer: any JSON object, or what a schema says. One dialect has the schema in a separate object.
  /// - Parameter isStrict: Whether objects have declared members alone where neither schema nor request says.
  func form(_ format: RequestFields?, isStrict: Bool = false) throws(APIError) -> FormWish? {
    guard let format else { return nil }
    let type = try format.required("type", bytes: limits.nameBytes)
    switch type {
    case "text": return nil
    case "json_object": return FormWish(.object, place: format.path, schemaPlace: format.path)
    case "json_schema":
      let fields = try format.object("json_schema") ?? format
      guard let schema = fields["schema"] else { throw fields.wrong("schema", "an object") }
      let form = AnswerShape.Form.schema(schema, isStrict: try fields.bool("strict") ?? isStrict)
      return FormWish(form, place: format.path, schemaPlace: fields.name("schema"))
    default:
      throw .unsupported(format.path, "\(type) is not held to by this server: ask for text, json_object or json_schema")
    }
  }
}
