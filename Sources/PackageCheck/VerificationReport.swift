import Readers
import StrictJSON

/// What a verification looked at, and what it found wrong.
public struct VerificationReport: Sendable {
  /// One question and what it found.
  public struct Check: Sendable {
    /// The question in a word, such as `files`.
    public let name: String
    /// What was looked at, such as `17 files`.
    public let scope: String
    /// What is wrong, a line each.
    public let problems: [String]
  }

  /// The questions in the order in which they were asked.
  public private(set) var checks: [Check] = []
  /// What every known reader makes of the package; nil when the folder could not be judged.
  public internal(set) var readers: ReaderMatrix?

  /// What casts doubt on the package without proving anything.
  public internal(set) var suspicions: [String] = []

  /// What was compared with nothing but the package's own sums, which anybody can make anew; empty once a key or the sources
  /// vouch for every byte.
  public internal(set) var unheld: [String] = []

  /// Notes that every byte was compared with a key's statement or with the sources.
  public mutating func holdAll() { unheld = [] }

  /// A report of nothing.
  public init() {}

  /// Whether nothing is wrong.
  public var isGood: Bool { checks.allSatisfy(\.problems.isEmpty) }

  /// Adds what was looked at.
  public mutating func add(_ name: String, scope: String, problems: [String]) {
    checks.append(Check(name: name, scope: scope, problems: problems))
  }

  /// A line a check with its problems, then what readers make of the package.
  public var text: String {
    let lines = checks.map { check in
      let head = "\(check.problems.isEmpty ? "ok  " : "FAIL") \(check.name): \(check.scope)"
      let shown = check.problems.prefix(20).map { "       \($0)" }
      let more = check.problems.count > 20 ? ["       and \(check.problems.count - 20) more"] : []
      return ([head] + shown + more).joined(separator: "\n")
    }
    let notes = suspicions.map { "note: \($0)" } + unheldNotes
    // Readers say something of a package that holds; of another one the verdict is not to drown in them.
    let table = isGood ? readers.map { [""] + $0.lines } ?? [] : []
    return (lines + notes + table + [verdict]).joined(separator: "\n")
  }

  /// What was not verified; nothing for a package that fails, since nobody asks what else may be wrong with it.
  private var unheldNotes: [String] {
    guard isGood, !unheld.isEmpty else { return [] }
    return [
      "note: held against nothing but the package's own sums, which anybody can make anew: "
        + unheld.joined(separator: "; ")
        + ". --public-key holds every byte against its maker, --rederive against the sources"
    ]
  }

  /// The last line.
  private var verdict: String {
    let failed = checks.filter { !$0.problems.isEmpty }.map(\.name)
    return failed.isEmpty ? "the package holds" : "FAIL: the package does not hold: \(failed.joined(separator: ", "))"
  }

  /// The document of `verify --json`.
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
      ), ("suspicions", .array(suspicions.map { .string($0) })), ("unheld", .array(unheld.map { .string($0) })),
      ("readers", readers?.json ?? .null),
    ])
  }
}
