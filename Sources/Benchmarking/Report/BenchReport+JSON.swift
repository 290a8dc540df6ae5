import Checking
import StrictJSON

extension BenchReport {
  /// The report as a document; page Bench describes it.
  public var json: JSONValue {
    let regret: [(String, JSONValue)] = regrets.isEmpty ? [] : [("regret", .array(regrets.map(\.json)))]
    return .object(members + concurrencyMembers + regret)
  }

  private var members: [(String, JSONValue)] {
    [
      ("verify_runner_bench", .int(BenchReport.schema)), ("machine", machineJSON), ("model", modelJSON),
      ("settings", settingsJSON),
      (
        "prompts",
        .array(
          prompts.map { .object([("id", .string($0.id)), ("class", .string($0.kind)), ("tokens", .int($0.tokens))]) })
      ),
      (
        "unavailable",
        .array(
          unavailable.map {
            .object([
              ("kind", .string($0.kind.rawValue)), ("name", .string($0.name)), ("reason", .string($0.reason)),
            ])
          })
      ),
      ("equal", .bool(differences.isEmpty)), ("differences", .array(differences.map(\.json))),
      ("results", .array(results.map { $0.json(readBandwidth: readBandwidth) })), ("memory", memoryJSON),
      ("passes", passes?.json ?? .null),
    ]
  }

  private var machineJSON: JSONValue {
    .object([
      ("processor", .string(machine.processor)), ("architecture", .string(machine.architecture)),
      ("system", .string(machine.system)), ("processors", .int(machine.processors)),
      ("cores", .optional(machine.cores)), ("simd", .string(machine.simd)), ("has_fast", .bool(machine.hasFast)),
      ("memory_bytes", .int(machine.memoryBytes)),
      (
        "caches",
        .array(
          machine.caches.map {
            .object([
              ("level", .int($0.level)), ("kind", .string($0.kind)), ("bytes", .int($0.bytes)),
              ("shared_by", .int($0.sharedBy)),
            ])
          })
      ),
      ("load", .decimal(load, 2)), ("read_bytes_per_second", .decimal(readBandwidth, 0)),
    ])
  }

  private var modelJSON: JSONValue {
    .object([
      ("model_type", .string(model.modelType)), ("package", .bool(model.isPackage)), ("head", .bool(model.hasHead)),
      ("layers", .int(model.layers)), ("vocabulary", .int(model.vocabulary)),
    ])
  }

  private var settingsJSON: JSONValue {
    .object([
      ("threads", .int(settings.threads)), ("chunk", .int(settings.promptChunk)),
      ("arithmetic", .string(settings.arithmetic)), ("draft_shortlist", .int(settings.draftShortlist)),
      ("limit", .int(settings.limit)),
      ("repetitions", .int(settings.repetitions)),
      (
        "imposed_acceptance",
        settings.imposed.map { imposed in
          .object([
            ("chances", .array(imposed.chances.map { .decimal($0, 4) })), ("seed", .string(String(imposed.seed))),
          ])
        } ?? .null
      ),
    ])
  }

  private var memoryJSON: JSONValue {
    .object([
      ("anonymous_bytes", .optional(memory.anonymous)), ("resident_bytes", .int(memory.resident)),
      ("mapped_bytes", .int(memory.mapped)),
    ])
  }
}

extension BenchDifference {
  var json: JSONValue {
    .object([
      ("decoder", .string(decoder)), ("prompt", .string(prompt)), ("repetition", .int(repetition)),
      ("index", .int(index)), ("expected", .string(expected)), ("found", .string(found)),
    ])
  }
}

extension PassTimes {
  var json: JSONValue {
    .object([
      (
        "passes",
        .array(
          passes.map { pass in
            .object([
              ("rows", .int(pass.rows)), ("seconds", .decimal(pass.seconds, 6)),
              ("to_one_row", .decimal(ratio(rows: pass.rows), 4)),
            ])
          })
      ),
      ("draft_seconds", .decimal(draftSeconds, 6)),
      (
        "prefill",
        .object([
          ("rows", .int(prefillRows)), ("seconds", .decimal(prefillSeconds, 6)),
          ("tokens_per_second", .decimal(prefillSeconds > 0 ? Double(prefillRows) / prefillSeconds : nil, 3)),
          ("operations_per_second", .decimal(prefillRate, 0)), ("dense_operations_per_second", .decimal(denseRate, 0)),
          ("to_dense", .decimal(denseRate > 0 ? prefillRate / denseRate : nil, 4)),
        ])
      ),
    ])
  }
}

extension BenchResult {
  func json(readBandwidth: Double) -> JSONValue {
    .object([
      ("decoder", .string(decoder)), ("class", .string(kind)), ("verified", .bool(isVerified)),
      ("imposed", .bool(isImposed)), ("tokens", .int(tokens)),
      (
        "tokens_per_second",
        .object([
          ("median", .decimal(tokensPerSecond, 3)), ("lowest", .decimal(lowest, 3)), ("highest", .decimal(highest, 3)),
          ("end_to_end", .decimal(endToEnd, 3)), ("to_vanilla", .decimal(toVanilla, 4)),
        ])
      ),
      ("first_token_seconds", .decimal(firstTokenSeconds, 6)),
      (
        "interval_seconds",
        intervals.map {
          .object([
            ("mean", .decimal($0.mean, 6)), ("p50", .decimal($0.p50, 6)), ("p95", .decimal($0.p95, 6)),
            ("p99", .decimal($0.p99, 6)),
          ])
        } ?? .null
      ),
      (
        "acceptance",
        .object([
          ("drafted", .array(drafted.map(JSONValue.int))), ("accepted", .array(accepted.map(JSONValue.int))),
          ("share", .array(drafted.indices.map { .decimal(share($0), 4) })),
          ("chance", .array(drafted.indices.map { .decimal(chance($0), 4) })), ("looks", .int(looks)),
          ("tokens_per_round", .decimal(tokensPerRound, 4)),
        ])
      ),
      (
        "passes",
        .object([("target", .int(targetPasses)), ("target_rows", .int(targetRows)), ("head_rows", .int(headRows))])
      ),
      (
        "phase_seconds",
        .object(phases.named.map { ($0.name, .decimal($0.seconds, 6)) })
      ),
      (
        "weights",
        .object([
          ("bytes_per_second", .decimal(bytesPerSecond, 0)),
          ("to_read_bandwidth", .decimal(readBandwidth > 0 ? bytesPerSecond / readBandwidth : nil, 4)),
        ])
      ),
      ("equal_to_vanilla", .object([("decodings", .int(equal)), ("of", .int(decodings))])),
    ])
  }
}

extension BenchResult.Phases {
  /// The phases in the order of a decoding.
  var named: [(name: String, seconds: Double)] {
    [
      ("vision", vision), ("prefill", prefill), ("draft", draft), ("verify", verify), ("sampling", sampling),
      ("rollback", rollback), ("other", other),
    ]
  }
}
