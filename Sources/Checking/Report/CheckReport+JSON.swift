import StrictJSON

extension CheckReport {
  /// Version of the document that ``json`` returns; another number means that members changed their meaning.
  public static let schemaVersion = 1

  /// The report as a document.
  public var json: JSONValue {
    var document: [(String, JSONValue)] = [
      ("verify_runner_check", .int(CheckReport.schemaVersion)), ("passed", .bool(passed)), ("model", model.json),
      ("limit", .int(limit)), ("digest", .string(digest.hex)), ("prompts", .array(prompts.map(\.json))),
      ("settings", .array(settings.map(\.json))), ("differences", .array(differences.map(\.json))),
    ]
    document += arithmetic.statement
    if draftShortlist > 0 { document.append(("draft_shortlist", .int(draftShortlist))) }
    if let minAcceptance {
      document.append(
        (
          "acceptance_floor",
          .object([
            ("minimum", .decimal(minAcceptance, 4)),
            ("below", .array(belowFloor.map { .string($0.setting) })),
          ])
        ))
    }
    if let headTrials { document.append(("head_trials", headTrials.json)) }
    document += sourceMembers
    if let captions { document.append(("images", captions.json)) }
    if let sourceAcceptance {
      document.append(
        (
          "source_acceptance",
          .object([
            ("settings", .object(sourceAcceptance.settings.map { ($0.name, $0.count.json) })),
            ("minimum_of_source", .decimal(sourceAcceptance.floor, 4)),
            ("below", .array(belowSource.map { .string($0.setting) })),
          ])
        ))
    }
    return .object(document)
  }
}

extension ModelSummary {
  var json: JSONValue {
    .object([
      ("model_type", .string(modelType)), ("package", .bool(isPackage)), ("head", .bool(hasHead)),
      ("vocabulary", .int(vocabulary)), ("layers", .int(layers)), ("fixed_state_bytes", .int(fixedStateBytes)),
      ("state_bytes_per_token", .int(stateBytesPerToken)),
    ])
  }
}

extension PromptReport {
  var json: JSONValue {
    .object([
      ("id", .string(id)), ("kind", .string(kind)), ("prompt_tokens", .int(promptTokens)),
      ("tokens", .array(tokens.map(JSONValue.int))), ("stop", .optional(stop)),
      ("tokens_sha256", .string(tokensDigest.hex)), ("logits_sha256", .string(logitsDigest.hex)),
      ("state_sha256", .string(stateDigest.hex)),
    ])
  }
}

extension SettingReport {
  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", .string(name)), ("equal", .bool(differences.isEmpty)), ("compared_tokens", .int(compared)),
    ]
    if hasCounts {
      members.append(("acceptance", total.json))
      let kinds = acceptance.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
      members.append(("acceptance_by_kind", .object(kinds)))
    }
    return .object(members)
  }
}

extension AcceptanceCount {
  var json: JSONValue {
    .object([
      ("drafted", .array(drafted.map(JSONValue.int))), ("accepted", .array(accepted.map(JSONValue.int))),
      ("share", .array(drafted.indices.map { .decimal(share($0), 4) })), ("rounds", .int(rounds)),
      ("tokens", .int(tokens)), ("tokens_per_round", .decimal(tokensPerRound, 4)),
    ])
  }
}

extension Difference {
  var json: JSONValue {
    .object([
      ("prompt", .string(prompt)), ("setting", .string(setting)), ("subject", .string(subject.rawValue)),
      ("token", .optional(index)), ("expected", .string(expected)), ("found", .string(found)),
    ])
  }
}

extension SourceComparison {
  var json: JSONValue {
    .object([
      ("positions", .int(positions)), ("kl_mean", .significant(klMean)), ("kl_p99", .significant(kl99)),
      ("kl_max", .significant(klMaximum)), ("js_mean", .significant(jsMean)),
      ("top1_agreement", .decimal(topAgreement, 6)), ("perplexity_source", .significant(perplexitySource)),
      ("perplexity_package", .significant(perplexityPackage)),
    ])
  }
}
