import StrictJSON

/// What a verification looked at, and what it found wrong.
public struct VerificationReport: Sendable {
  public struct Check: Sendable {
    public let name: String
    /// What was looked at, such as `17 files`.
    public let scope: String
    public let problems: [String]
  }

  public private(set) var checks: [Check] = []

  public var isGood: Bool { checks.allSatisfy(\.problems.isEmpty) }

  mutating func add(_ name: String, scope: String, problems: [String]) {
    checks.append(Check(name: name, scope: scope, problems: problems))
  }

  public var text: String {
    checks.map { check in
      let head = "\(check.problems.isEmpty ? "ok  " : "FAIL") \(check.name): \(check.scope)"
      let shown = check.problems.prefix(20).map { "       \($0)" }
      let more = check.problems.count > 20 ? ["       and \(check.problems.count - 20) more"] : []
      return ([head] + shown + more).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  public var json: JSONValue {
    .object([
      ("cambium_verification_report", .int(1)), ("good", .bool(isGood)),
      (
        "checks",
        .array(
          checks.map {
            .object([
              ("name", .string($0.name)), ("scope", .string($0.scope)), ("good", .bool($0.problems.isEmpty)),
              ("problems", .array($0.problems.map { .string($0) })),
            ])
          })
      ),
    ])
  }
}
