import Diagnostics
import Digests
import StrictJSON

/// What `verify-runner check` found, read from its document as strictly as the runner writes it. Parts that not every
/// check has (floors, the source, images, trials of the head) are the document's own.
package struct DecodeFigures: Sendable {
  /// A way of decoding.
  struct Setting: Sendable {
    let name: String
    let isEqual: Bool
    let comparedTokens: Int
    /// Nil at a depth that follows a clock.
    let acceptance: Acceptance?
  }

  /// What was accepted, as the document spells its numbers; `null` where nothing was drafted.
  struct Acceptance: Sendable {
    let rounds: Int
    /// Tokens that came out of the rounds.
    let tokens: Int
    /// Accepted share of the drafts at each place, from 0.
    let shares: [JSONValue]
    let tokensPerRound: JSONValue
  }

  /// How far the package is from its source.
  struct Source: Sendable {
    let positions: Int
    let klMean: Double
    let kl99: Double
    let klMaximum: Double
    let topAgreement: Double
    let perplexitySource: Double
    let perplexityPackage: Double
  }

  let passed: Bool
  /// The digest over all tokens and logits.
  let digest: SHA256Digest
  /// Tokens decoded for each prompt.
  let tokens: [Int]
  let settings: [Setting]
  let differences: Int
  /// Nil when the package was not compared with its source.
  let source: Source?

  private static let optionalParts = [
    "arithmetic", "draft_shortlist", "acceptance_floor", "head_trials", "source", "source_text_sha256",
    "source_limits", "images", "source_acceptance",
  ]

  init(_ fields: JSONFields) throws(JSONError) {
    try fields.require("verify_runner_check", 1)
    try fields.refuseUnknown(
      ["verify_runner_check", "passed", "model", "limit", "digest", "prompts", "settings", "differences"]
        + DecodeFigures.optionalParts)
    passed = try fields.bool("passed")
    try DecodeFigures.requireModel(fields.object("model"))
    _ = try fields.int("limit", in: 0...Int.max)
    var answers = SHA256Stream()
    var tokens: [Int] = []
    for prompt in try fields.objects("prompts") { tokens.append(try DecodeFigures.prompt(prompt, &answers)) }
    self.tokens = tokens
    digest = try fields.sha256("digest")
    // Two digests of each prompt: what is missing or damaged is seen here.
    try fields.require("digest", answers.finish().hex)
    settings = try fields.objects("settings").map { setting throws(JSONError) in try Setting(setting) }
    source = fields["source"] == nil ? nil : try Source(fields.object("source"))
    if fields["source_text_sha256"] != nil { _ = try fields.sha256("source_text_sha256") }
    let rows = try fields.objects("differences")
    for row in rows { try DecodeFigures.requireDifference(row) }
    differences = rows.count
    guard rows.isEmpty == settings.allSatisfy(\.isEqual), rows.isEmpty || !passed else {
      throw .value(
        fields.place(of: "differences"), key: "differences", expected: "what passed and the settings say",
        found: "\(rows.count)")
    }
  }

  /// Reads a prompt, and adds its tokens and logits to the digest over all.
  private static func prompt(_ fields: JSONFields, _ answers: inout SHA256Stream) throws(JSONError) -> Int {
    try fields.refuseUnknown([
      "id", "kind", "prompt_tokens", "tokens", "stop", "tokens_sha256", "logits_sha256", "state_sha256",
    ])
    for key in ["id", "kind"] { _ = try fields.string(key) }
    _ = try fields.int("prompt_tokens", in: 0...Int.max)
    let tokens = try fields.ints("tokens", in: 0...Int.max)
    _ = try fields.unlessNull("stop") { key throws(JSONError) in try fields.int(key, in: 0...tokens.count) }
    let bytes = tokens.flatMap { token in (0..<8).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) } }
    try fields.require("tokens_sha256", SHA256Digest.of(bytes).hex)
    answers.update(SHA256Digest.of(bytes).bytes)
    answers.update(try fields.sha256("logits_sha256").bytes)
    _ = try fields.sha256("state_sha256")
    return tokens.count
  }

  private static func requireModel(_ fields: JSONFields) throws(JSONError) {
    let counts = ["vocabulary", "layers", "fixed_state_bytes", "state_bytes_per_token"]
    try fields.refuseUnknown(["model_type", "package", "head"] + counts)
    _ = try fields.string("model_type")
    for key in ["package", "head"] { _ = try fields.bool(key) }
    for key in counts { _ = try fields.int(key, in: 0...Int.max) }
  }

  private static func requireDifference(_ fields: JSONFields) throws(JSONError) {
    let texts = ["prompt", "setting", "subject", "expected", "found"]
    try fields.refuseUnknown(texts + ["token"])
    for key in texts { _ = try fields.string(key) }
    _ = try fields.unlessNull("token") { key throws(JSONError) in try fields.int(key) }
  }
}

extension DecodeFigures.Setting {
  init(_ fields: JSONFields) throws(JSONError) {
    name = try fields.string("name")
    isEqual = try fields.bool("equal")
    comparedTokens = try fields.int("compared_tokens", in: 0...Int.max)
    let isCounted = fields["acceptance"] != nil || fields["acceptance_by_kind"] != nil
    acceptance = isCounted ? try DecodeFigures.Acceptance(fields.object("acceptance")) : nil
    if isCounted {
      let kinds = try fields.object("acceptance_by_kind")
      var parts: [DecodeFigures.Acceptance] = []
      for kind in kinds.keys { parts.append(try DecodeFigures.Acceptance(kinds.object(kind))) }
      guard CheckedSum(parts.map(\.rounds)).value == acceptance?.rounds,
        CheckedSum(parts.map(\.tokens)).value == acceptance?.tokens
      else {
        throw .value(
          fields.place(of: "acceptance_by_kind"), key: "acceptance_by_kind", expected: "the parts of \"acceptance\"",
          found: "other sums")
      }
    }
    try fields.refuseUnknown(
      ["name", "equal", "compared_tokens"] + (isCounted ? ["acceptance", "acceptance_by_kind"] : []))
  }
}

extension DecodeFigures.Source {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown([
      "positions", "kl_mean", "kl_p99", "kl_max", "js_mean", "top1_agreement", "perplexity_source",
      "perplexity_package",
    ])
    let any = 0...Double.greatestFiniteMagnitude
    positions = try fields.int("positions", in: 1...Int.max)
    klMean = try fields.number("kl_mean", in: any)
    kl99 = try fields.number("kl_p99", in: any)
    klMaximum = try fields.number("kl_max", in: any)
    _ = try fields.number("js_mean", in: any)
    topAgreement = try fields.number("top1_agreement", in: 0...1)
    perplexitySource = try fields.number("perplexity_source", in: any)
    perplexityPackage = try fields.number("perplexity_package", in: any)
  }
}

extension DecodeFigures.Acceptance {
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["drafted", "accepted", "share", "rounds", "tokens", "tokens_per_round"])
    let drafted = try fields.ints("drafted", in: 0...Int.max)
    _ = try fields.array("accepted", count: drafted.count)
    for (most, accepted) in zip(drafted, try fields.ints("accepted", in: 0...Int.max)) where accepted > most {
      throw .value(
        fields.place(of: "accepted"), key: "accepted", expected: "at most what was drafted", found: "\(accepted)")
    }
    rounds = try fields.int("rounds", in: 0...Int.max)
    tokens = try fields.int("tokens", in: 0...Int.max)
    shares = try fields.array("share", count: drafted.count)
    for (place, share) in shares.enumerated() where !share.isNull || drafted[place] > 0 {
      guard let value = share.doubleValue, (0...1).contains(value) else {
        throw .value(
          JSONPlace(file: fields.file, position: share.position), key: "share[\(place)]",
          expected: "a number from 0 to 1", found: share.typeName)
      }
    }
    let rate = try fields.unlessNull("tokens_per_round") { key throws(JSONError) in
      try fields.number(key, in: 0...Double.greatestFiniteMagnitude)
    }
    guard (rate == nil) == (rounds == 0) else {
      throw .value(
        fields.place(of: "tokens_per_round"), key: "tokens_per_round", expected: "a number where there are rounds",
        found: "another")
    }
    tokensPerRound = fields["tokens_per_round"] ?? .null
  }
}
