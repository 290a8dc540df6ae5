import Digests
import Files
import StrictJSON
import SystemPackage

/// `check.json`: what the decode check found. Nothing in it depends on the machine, on threads or on the clock.
package struct CheckOutcome: Sendable {
  /// The report's name in the folder of its stage.
  package static let fileName = "check.json"

  /// Its bytes.
  package let bytes: [UInt8]
  private let value: JSONValue

  /// - Parameter report: The document of `verify-runner check`.
  package init(report: JSONValue) {
    self.init(.object([("cambium_check", 1), ("decoded", .bool(true)), ("report", report)]))
  }

  /// A package that was not decoded.
  package init(reason: String) {
    self.init(.object([("cambium_check", 1), ("decoded", .bool(false)), ("reason", .string(reason))]))
  }

  private init(_ value: JSONValue) {
    self.value = value
    bytes = JSONWriter.pretty(value)
  }

  /// Reads the outcome of a finished check back.
  package static func read(path: FilePath) throws -> CheckOutcome {
    CheckOutcome(try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 1 << 30), file: path.string))
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
  package var reason: String? { value["reason"]?.stringValue }

  /// Digest of all tokens and logits.
  package var answers: String? { value["report"]?["digest"]?.stringValue }

  /// What a run says of it.
  package var summary: JSONValue {
    .object([
      ("decoded", .bool(reason == nil)), ("reason", reason.map { .string($0) } ?? .null),
      ("digest", answers.map { .string($0) } ?? .null), ("report_sha256", .string(digest.hex)),
    ])
  }

  /// What was accepted at a depth: the share of each place, and tokens a round.
  package func acceptance(depth: Int) -> (shares: [Double?], tokensPerRound: Double?)? {
    let settings = value["report"]?["settings"]?.arrayValue ?? []
    let name = "mtp-\(depth)"
    guard let found = settings.first(where: { $0["name"]?.stringValue == name })?["acceptance"] else { return nil }
    return ((found["share"]?.arrayValue ?? []).map(\.doubleValue), found["tokens_per_round"]?.doubleValue)
  }
}
