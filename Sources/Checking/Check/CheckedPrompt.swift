import Digests
import StrictJSON

/// What one prompt gave, apart from all others: a check that was stopped goes on behind the last of them.
public struct CheckedPrompt: Sendable {
  /// What vanilla decoding made of it.
  public var report: PromptReport
  /// What each way of decoding made of it, in the order of the check's.
  public var settings: [SettingReport]

  init(report: PromptReport, settings: [SettingReport]) {
    self.report = report
    self.settings = settings
  }

  /// Whether nothing differed. Differences are not kept: who goes on meets them once more.
  package var isEqual: Bool { settings.allSatisfy(\.differences.isEmpty) }

  /// The record of a journal.
  package var json: JSONValue {
    .object([
      ("prompt", report.json),
      (
        "settings",
        .array(
          settings.map { setting in
            .object([
              ("name", .string(setting.name)), ("compared_tokens", .int(setting.compared)),
              ("acceptance", setting.acceptance[report.kind]?.record ?? .null),
            ])
          })
      ),
    ])
  }

  /// Reads ``json`` back.
  /// - Parameters:
  ///   - value: A record.
  ///   - settings: The check's ways of decoding, as before any prompt.
  /// - Throws: `JSONError` for a record of another form, or of other ways of decoding.
  init(_ value: JSONValue, settings: [SettingReport]) throws(JSONError) {
    let fields = try JSONFields(value, file: "the journal of the check", what: "a prompt")
    try fields.refuseUnknown(["prompt", "settings"])
    let report = try PromptReport(fields.object("prompt"))
    let rows = try fields.objects("settings", count: settings.count)
    var found: [SettingReport] = []
    for (setting, row) in zip(settings, rows) {
      try row.refuseUnknown(["name", "compared_tokens", "acceptance"])
      try row.require("name", setting.name)
      var setting = setting
      setting.compared = try row.int("compared_tokens", in: 0...Int.max)
      setting.acceptance[report.kind] = try row.unlessNull("acceptance") { key throws(JSONError) in
        try AcceptanceCount(row.object(key))
      }
      found.append(setting)
    }
    self.init(report: report, settings: found)
  }
}

extension Check {
  /// What earlier runs of the same check found, read from their journal: as many prompts as can be read, in order. What
  /// cannot is decoded again.
  package func read(_ records: [JSONValue], of prompts: [EncodedPrompt]) -> [CheckedPrompt] {
    var found: [CheckedPrompt] = []
    for (record, prompt) in zip(records, prompts) {
      guard let checked = try? CheckedPrompt(record, settings: settings), checked.report.id == prompt.id,
        checked.report.promptTokens == prompt.tokens.count
      else { return found }
      found.append(checked)
    }
    return found
  }
}

extension PromptReport {
  /// Reads ``json`` back.
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown([
      "id", "kind", "prompt_tokens", "tokens", "stop", "tokens_sha256", "logits_sha256", "state_sha256",
    ])
    id = try fields.string("id")
    kind = try fields.string("kind")
    promptTokens = try fields.int("prompt_tokens", in: 0...Int.max)
    tokens = try fields.ints("tokens", in: 0...Int.max)
    stop = try fields.unlessNull("stop") { key throws(JSONError) in try fields.int(key, in: 0...Int.max) }
    tokensDigest = try fields.sha256("tokens_sha256")
    logitsDigest = try fields.sha256("logits_sha256")
    stateDigest = try fields.sha256("state_sha256")
  }
}

extension AcceptanceCount {
  /// The counts alone, without what follows from them.
  var record: JSONValue {
    .object([
      ("drafted", .array(drafted.map(JSONValue.int))), ("accepted", .array(accepted.map(JSONValue.int))),
      ("rounds", .int(rounds)), ("tokens", .int(tokens)),
    ])
  }

  /// Reads ``record`` back.
  init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["drafted", "accepted", "rounds", "tokens"])
    let most = 0...(1 << 40)
    let drafted = try fields.ints("drafted", in: most)
    let accepted = try fields.ints("accepted", in: most)
    guard drafted.count == accepted.count, zip(drafted, accepted).allSatisfy({ $0 >= $1 }) else {
      throw .value(
        fields.place(of: "accepted"), key: "accepted", expected: "at most as many as were drafted", found: "others")
    }
    self.init(
      drafted: drafted, accepted: accepted, rounds: try fields.int("rounds", in: most),
      tokens: try fields.int("tokens", in: most))
  }
}
