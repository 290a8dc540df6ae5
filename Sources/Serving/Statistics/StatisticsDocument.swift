import Inference
import StrictJSON

extension ServingCounts {
  /// The document of `/v1/mtp/stats`.
  /// - Parameters:
  ///   - since: Seconds since 1970 of the server's start.
  ///   - load: How much there is to do.
  package func document(since: Int, load: EngineLoad) -> JSONValue {
    .object([
      ("version", 1), ("since", .int(since)), ("requests", .int(requests)),
      ("decoder_requested", Self.object(requested)), ("decoder_effective", Self.object(effective)),
      ("rounds", .int(rounds)), ("drafted", .int(drafted)), ("accepted", .int(accepted)),
      ("drafted_by_position", .array(draftedByPlace.map(JSONValue.int))),
      ("by_position", .array(acceptedByPlace.map(JSONValue.int))),
      ("by_drafter", .object(byDrafter)), ("seconds", seconds),
      (
        "cache",
        .object([("queried_tokens", .int(promptTokens)), ("hit_tokens", .int(cachedTokens))])
      ), ("unknown_tool_calls", .int(unknownCalls)),
      ("running", .int(load.running)), ("waiting", .int(load.waiting)),
    ])
  }

  /// The document of one of the last requests; nil for one that is not among them.
  package func document(of id: String) -> JSONValue? {
    guard let record = recent.last(where: { $0.id == id }) else { return nil }
    let one = ServingCounts(of: record)
    return .object([
      ("version", 1), ("id", .string(record.id)), ("decoder_requested", .string(record.requested)),
      ("decoder_effective", .string(record.effective)), ("constraint", .string(record.held.rawValue)),
      ("finish", .string(record.finish)),
      ("rounds", .int(one.rounds)), ("drafted", .int(one.drafted)), ("accepted", .int(one.accepted)),
      ("drafted_by_position", .array(one.draftedByPlace.map(JSONValue.int))),
      ("by_position", .array(one.acceptedByPlace.map(JSONValue.int))), ("by_drafter", .object(one.byDrafter)),
      ("seconds", one.seconds), ("usage", AnswerParts.usage(record.usage)),
    ])
  }

  private var byDrafter: [(String, JSONValue)] {
    DrafterKind.allCases.compactMap { kind in
      drafters[kind].map { count in
        (
          kind.rawValue,
          .object([
            ("rounds", .int(count.rounds)), ("drafted", .int(count.drafted)), ("accepted", .int(count.accepted)),
          ])
        )
      }
    }
  }

  private var seconds: JSONValue {
    let parts = [
      ("prompt", promptTime), ("draft", draftTime), ("verify", verifyTime), ("sample", samplingTime),
      ("rollback", rollbackTime),
    ]
    return .object(parts.map { ($0.0, .number(Self.seconds($0.1))) })
  }

  static func seconds(_ time: Duration) -> Double {
    (Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18).rounded(to: 6)
  }

  private static func object(_ counts: [String: Int]) -> JSONValue {
    .object(counts.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })
  }
}
