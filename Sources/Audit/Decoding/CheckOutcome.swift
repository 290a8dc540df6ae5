import Digests
import Files
import Planning
import StrictJSON
import SystemPackage

/// `check.json`: what the decode check found. Nothing in it depends on the machine, on threads or on the clock.
public struct CheckOutcome: Sendable {
  /// The report's name in the folder of its stage.
  package static let fileName = "check.json"

  private enum Content {
    case figures(DecodeFigures)
    /// The package was not decoded, because …
    case none(reason: String)
  }

  /// Its bytes.
  package let bytes: [UInt8]
  private let content: Content
  /// Why a package that was decoded was not compared with its source; nil when it was, or when nobody says.
  package let notCompared: String?

  /// - Parameters:
  ///   - report: The document of `verify-runner check`.
  ///   - notCompared: Why the package was not compared with its source; nil when it was.
  /// - Throws: `JSONError` for another document.
  package init(report: JSONValue, notCompared: String?) throws(JSONError) {
    var members: [(String, JSONValue)] = [("cambium_check", 1), ("decoded", .bool(true))]
    if let notCompared { members.append(("not_compared", .string(notCompared))) }
    members.append(("report", report))
    try self.init(JSONFields(.object(members), file: CheckOutcome.fileName, what: "the check"))
  }

  /// A package that was not decoded.
  package init(reason: String) {
    content = .none(reason: reason)
    notCompared = nil
    bytes = JSONWriter.pretty(
      .object([("cambium_check", 1), ("decoded", .bool(false)), ("reason", .string(reason))]))
  }

  private init(_ fields: JSONFields) throws(JSONError) {
    try fields.require("cambium_check", 1)
    let isDecoded = try fields.bool("decoded")
    try fields.refuseUnknown(
      ["cambium_check", "decoded"] + (isDecoded ? ["not_compared", "report"] : ["reason"]))
    notCompared = try fields.optionalString("not_compared")
    content =
      isDecoded
      ? .figures(try DecodeFigures(fields.object("report"))) : .none(reason: try fields.string("reason"))
    bytes = JSONWriter.pretty(fields.value)
  }

  /// Reads the outcome of a finished check back: that of the check that was planned, with figures at each depth.
  /// - Throws: `FileError`; `ConversionError.workFile(file:expected:found:)`, which names the field.
  package static func read(path: FilePath, _ plan: CheckPlan) throws -> CheckOutcome {
    try WorkDocument.read(path) { fields in
      let outcome = try CheckOutcome(fields)
      switch (outcome.content, plan) {
      case (.none, .decode): break
      case (.none, .none(let reason)): try fields.require("reason", reason)
      case (.figures, .none):
        throw JSONError.value(
          fields.place(of: "decoded"), key: "decoded", expected: "false, as it was planned", found: "true")
      case (.figures(let figures), .decode(let check)):
        let names = check.depths.map { "mtp-\($0)" } + [check.drafter?.name].compactMap { $0 }
        guard figures.settings.filter({ $0.acceptance != nil }).map(\.name) == names else {
          throw JSONError.value(
            fields.place(of: "report"), key: "settings", expected: names.joined(separator: ", "),
            found: figures.settings.map(\.name).joined(separator: ", "))
        }
        guard (figures.source == nil) == (outcome.notCompared != nil) else {
          throw JSONError.value(
            fields.place(of: "report"), key: "source", expected: "figures, or not_compared to say why there are none",
            found: figures.source == nil ? "neither" : "both")
        }
        if let obstacle = check.sourceObstacle { try fields.require("not_compared", obstacle) }
      }
      return outcome
    }
  }

  /// Reads a report that a person names: the check stage's, or that of `verify-runner check --json`.
  /// - Throws: `FileError`, `JSONError`.
  public static func read(report path: FilePath) throws -> CheckOutcome {
    let value = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 256 << 20), file: path.string)
    let fields = try JSONFields(value, file: path.string, what: "the check")
    guard fields["cambium_check"] == nil else { return try CheckOutcome(fields) }
    return CheckOutcome(bytes: JSONWriter.pretty(value), content: .figures(try DecodeFigures(fields)))
  }

  private init(bytes: [UInt8], content: Content) {
    self.bytes = bytes
    self.content = content
    notCompared = nil
  }

  /// Whether a file is such a document, of whatever run.
  package static func isAt(_ path: FilePath) throws(FileError) -> Bool {
    let bytes = try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: path).readAll(limit: 64 << 20) }
    guard let bytes else { return false }
    return (try? JSONValue.parse(bytes, file: path.string))?["cambium_check"] != nil
  }

  /// The digest of the report.
  package var digest: SHA256Digest { SHA256Digest.of(bytes) }

  /// Why the package was not decoded; nil when it was.
  package var reason: String? { if case .none(let reason) = content { reason } else { nil } }

  /// What was found; nil when the package was not decoded.
  package var figures: DecodeFigures? { if case .figures(let figures) = content { figures } else { nil } }

  /// Digest of all tokens and logits.
  package var answers: String? { figures?.digest.hex }

  /// How far the package is from its source; nil when they were not compared.
  package var source: SourceFigures? { figures?.source.map(SourceFigures.init) }

  /// What a run says of it.
  package var summary: JSONValue {
    .object([
      ("decoded", .bool(reason == nil)), ("reason", reason.map { .string($0) } ?? .null),
      ("digest", answers.map { .string($0) } ?? .null), ("report_sha256", .string(digest.hex)),
    ])
  }

  /// What was accepted at a depth: the share of each place, and tokens a round.
  package func acceptance(depth: Int) -> (shares: [Double?], tokensPerRound: Double?)? {
    acceptance(of: "mtp-\(depth)")
  }

  /// The same of a way of decoding, as the runner spells it.
  package func acceptance(of name: String) -> (shares: [Double?], tokensPerRound: Double?)? {
    let setting = figures?.settings.first { $0.name == name }
    return setting?.acceptance.map { ($0.shares.map(\.doubleValue), $0.tokensPerRound.doubleValue) }
  }
}
