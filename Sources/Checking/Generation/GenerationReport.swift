import Inference
import StrictJSON

/// The result of a generation and how it was made.
public struct GenerationReport: Sendable {
  /// The prompt as token ids.
  public var promptTokens: [Int]
  /// The tokens that were decoded.
  public var tokens: [Int]
  /// Their text.
  public var text: String
  /// Why decoding ended; nil when it was stopped.
  public var finish: Decoding.Finish?
  /// Counts and times of the decoding.
  public var statistics: DecodingStatistics
  /// Whether times are part of the document, and counts, which follow the clock when depth is adaptive.
  public var hasStatistics: Bool
  /// How matrix products were formed.
  public var arithmetic: Arithmetic
  /// What the process took; nil to say nothing of it.
  public var resources: ResourceUse?

  /// A report without times unless they are asked for, since they differ from run to run.
  public init(
    promptTokens: [Int], tokens: [Int], text: String, finish: Decoding.Finish?, statistics: DecodingStatistics,
    hasStatistics: Bool, arithmetic: Arithmetic = .canonical, resources: ResourceUse? = nil
  ) {
    self.promptTokens = promptTokens
    self.tokens = tokens
    self.text = text
    self.finish = finish
    self.statistics = statistics
    self.hasStatistics = hasStatistics
    self.arithmetic = arithmetic
    self.resources = resources
  }

  /// The document of `generate --json`.
  public var json: JSONValue {
    var document: [(String, JSONValue)] = [
      ("verify_runner_generate", 1), ("text", .string(text)), ("tokens", .array(tokens.map(JSONValue.int))),
      ("prompt_tokens", .int(promptTokens.count)), ("finish", .string(finishName)),
    ]
    document += arithmetic.statement
    if hasStatistics {
      document += [
        (
          "mtp",
          .object(
            [
              ("rounds", .int(statistics.rounds)), ("drafted", .array(statistics.draftedByPlace.map(JSONValue.int))),
              ("accepted", .array(statistics.acceptedByPlace.map(JSONValue.int))),
              ("tokens_per_round", .decimal(statistics.meanAcceptedLength, 4)),
            ] + (statistics.draftVocabulary.map { [("draft_vocabulary", .int($0))] } ?? []))
        ),
        ("drafters", drafters),
        (
          "seconds",
          .object([
            ("prompt", .decimal(statistics.promptTime.inSeconds, 6)),
            ("draft", .decimal(statistics.draftTime.inSeconds, 6)),
            ("verify", .decimal(statistics.verifyTime.inSeconds, 6)),
            ("sampling", .decimal(statistics.samplingTime.inSeconds, 6)),
            ("rollback", .decimal(statistics.rollbackTime.inSeconds, 6)),
          ])
        ),
      ]
    }
    if let resources { document.append(("process", resources.json)) }
    return .object(document)
  }

  /// What each drafter did, of those that drafted.
  private var drafters: JSONValue {
    .object(
      named.map { name, count in
        (
          name,
          .object([
            ("rounds", .int(count.rounds)), ("drafted", .int(count.drafted)), ("accepted", .int(count.accepted)),
          ])
        )
      })
  }

  private var named: [(String, DrafterCount)] {
    DrafterKind.allCases.compactMap { kind in statistics.drafters[kind].map { (kind.rawValue, $0) } }
  }

  private var finishName: String {
    switch finish {
    case .stop: "stop"
    case .limit: "limit"
    case nil: "interrupted"
    }
  }

  /// Counts and times for a person.
  public var statisticsText: String {
    let decoding =
      (statistics.draftTime + statistics.verifyTime + statistics.samplingTime + statistics.rollbackTime).inSeconds
    let rate = { (count: Int, seconds: Double) in seconds > 0 ? decimal(Double(count) / seconds, 1) : "-" }
    var lines = [
      "prompt:  \(statistics.promptRows) tokens, \(rate(statistics.promptRows, statistics.promptTime.inSeconds)) tokens/s",
      "decoded: \(statistics.tokens) tokens, \(rate(max(0, statistics.tokens - 1), decoding)) tokens/s, "
        + "finish: \(finishName)",
    ]
    if statistics.drafted > 0 {
      let places = statistics.draftedByPlace.indices.map { place in
        "\(statistics.acceptedByPlace[place])/\(statistics.draftedByPlace[place])"
      }
      lines.append(
        "drafts:  accepted by place \(places.joined(separator: " ")), \(statistics.rounds) rounds, "
          + "\(decimal(statistics.meanAcceptedLength, 2)) tokens per round")
      lines.append(
        "         by drafter: "
          + named.map { "\($0.0) \($0.1.accepted)/\($0.1.drafted) in \($0.1.rounds) rounds" }.joined(separator: ", "))
      if let ids = statistics.draftVocabulary { lines.append("         of \(ids) ids at the end") }
      lines.append(
        "times:   draft \(decimal(statistics.draftTime.inSeconds, 3)) s, verify "
          + "\(decimal(statistics.verifyTime.inSeconds, 3)) s, sampling \(decimal(statistics.samplingTime.inSeconds, 3)) s, "
          + "rollback \(decimal(statistics.rollbackTime.inSeconds, 3)) s"
      )
    }
    if let words = arithmetic.words { lines.append(words) }
    if let resources { lines.append(resources.text) }
    return lines.joined(separator: "\n")
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
