import ArgumentParser
import Diagnostics
import Manifests
import StrictJSON
import SystemPackage
import Terminal
import Threads

/// Several manifests, one after the other, and what became of each.
struct ManyRuns {
  /// Whether the next is begun when one fails.
  let keepsGoing: Bool
  /// Whether only plans are printed.
  let isDry: Bool
  let format: JSONOption

  private struct Row {
    let manifest: FilePath
    var status: ExitStatus?
    var code: String?
    var reports: [JSONValue] = []

    /// The folders that were made, or are to be made.
    var outputs: [String] { reports.compactMap { $0["output"]?.stringValue } }
    /// Whether an earlier command had done all of it.
    var isOld: Bool { !reports.isEmpty && reports.allSatisfy { $0["done"]?.arrayValue?.isEmpty == true } }
  }

  /// Names that a glob of manifests catches, and that this program writes or comes with.
  private static let own = [".lock.json", ".check.json", ".sensitivity.json", ".schema.json"]

  /// - Parameter perform: makes one, and passes its results to a function.
  /// - Throws: `ExitCode` with the worst status; what reading the manifests throws, before anything is made, unless the
  ///   others are to be made all the same.
  func run(_ manifests: [FilePath], _ perform: (FilePath, _ report: (JSONValue, String) -> Void) throws -> Void) throws
  {
    var rows: [Row] = []
    var isEnded = false
    // Now, and not hours later.
    if !keepsGoing {
      for manifest in manifests where ManyRuns.mayBeRead(manifest) { _ = try Manifest(path: manifest) }
    }
    for manifest in manifests {
      if ManyRuns.isOwn(manifest) {
        Terminal.note("\(manifest): is no manifest by its name, and is left out")
        continue
      }
      var row = Row(manifest: manifest)
      defer { rows.append(row) }
      guard !isEnded else { continue }
      do {
        if !format.json { Terminal.print("\(manifest)") }
        try perform(manifest) { json, text in
          row.reports.append(json)
          if !format.json { Terminal.print(text) }
        }
        row.status = .ok
      } catch let error as any CambiumError {
        Terminal.note(error.diagnostic.text)
        (row.status, row.code) = (error.diagnostic.exitStatus, error.diagnostic.code)
        isEnded = !keepsGoing || StopSignal.shared.isRequested
      }
    }
    format.print(json: json(rows), text: text(rows))
    let worst = rows.compactMap(\.status).max { ManyRuns.severity($0) < ManyRuns.severity($1) }
    if let worst, worst != .ok { throw ExitCode(worst.rawValue) }
  }

  /// - Throws: `ValidationError` when one manifest is named twice, or two make one folder, of which the second would
  ///   replace the first. One that cannot be read is for ``run(_:_:)`` to tell of.
  static func requireDistinct(_ manifests: [FilePath]) throws {
    var known: Set<FilePath> = []
    var makers: [FilePath: FilePath] = [:]
    for manifest in manifests where mayBeRead(manifest) {
      guard known.insert(manifest.absolute.lexicallyNormalized()).inserted else {
        throw ValidationError("\(manifest) is named twice: leave one out")
      }
      guard let output = try? Manifest(path: manifest).output.lexicallyNormalized() else { continue }
      if let other = makers.updateValue(manifest, forKey: output) {
        throw ValidationError("\(other) and \(manifest) make one folder, \(output): give one of them another output")
      }
    }
  }

  private static func isOwn(_ manifest: FilePath) -> Bool {
    own.contains { manifest.name.hasBytes(atEnd: $0) }
  }

  /// Whether a manifest can be read ahead: a descriptor, such as `/dev/stdin`, yields its bytes once.
  private static func mayBeRead(_ manifest: FilePath) -> Bool { !isOwn(manifest) && !manifest.isDescriptor }

  /// The order of outcomes, from what is done to what no second attempt mends.
  private static func severity(_ status: ExitStatus) -> Int {
    switch status {
    case .ok: 0
    case .resumable: 1
    case .io: 2
    case .interrupted: 3
    case .missingInput: 4
    case .badInput: 5
    case .usage: 6
    case .verificationFailed: 7
    case .failure: 8
    }
  }

  private func word(_ row: Row) -> String {
    switch row.status {
    case nil: "not begun"
    case .ok where isDry: "planned"
    case .ok: row.isOld ? "done before" : "done"
    case .resumable: "stopped with 75, \(row.code ?? "")"
    case let status?: "failed with \(status.rawValue), \(row.code ?? "")"
    }
  }

  /// A row for each, how many are done, and the way to the others.
  private func text(_ rows: [Row]) -> String {
    let done = rows.count { $0.status == .ok }
    var lines = TextTable(
      ["manifest", "result", "output"], rows.map { [$0.manifest.string, word($0), $0.outputs.joined(separator: ", ")] }
    ).lines.map { line in line.hasSuffix(" ") ? String(line.reversed().drop { $0 == " " }.reversed()) : line }
    lines.append("\(done) of \(rows.count) \(isDry ? "planned" : "done")")
    if done < rows.count, !isDry {
      let skips = !keepsGoing && rows.contains { $0.status == nil }
      lines.append(
        "next: the same command goes on with what is not done"
          + (skips ? "; with --keep-going, past what fails" : ""))
    }
    return lines.joined(separator: "\n")
  }

  private func json(_ rows: [Row]) -> JSONValue {
    .object([
      ("cambium_runs", 1),
      (
        "runs",
        .array(
          rows.map {
            .object([
              ("manifest", .string($0.manifest.string)), ("status", $0.status.map { .int(Int($0.rawValue)) } ?? .null),
              ("code", $0.code.map { .string($0) } ?? .null), ("reports", .array($0.reports)),
            ])
          })
      ),
    ])
  }
}
