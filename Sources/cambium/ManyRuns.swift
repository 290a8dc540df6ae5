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
  let format: JSONOption

  private struct Row {
    let manifest: FilePath
    var status: ExitStatus?
    var code: String?
    var reports: [JSONValue] = []
  }

  /// Names that a glob of manifests catches, and that this program writes or comes with.
  private static let own = [".lock.json", ".check.json", ".sensitivity.json", ".schema.json"]

  /// - Parameter perform: makes one, and gives its results to a function.
  /// - Throws: `ExitCode` with the worst status; what reading the manifests throws, before anything is made.
  func run(_ manifests: [FilePath], _ perform: (FilePath, _ report: (JSONValue, String) -> Void) throws -> Void) throws
  {
    var rows: [Row] = []
    var isEnded = false
    try look(manifests)
    for manifest in manifests {
      if ManyRuns.own.contains(where: { manifest.name.hasBytes(atEnd: $0) }) {
        Terminal.note("\(manifest): is no manifest by its name, and is left out")
        continue
      }
      var row = Row(manifest: manifest)
      defer { rows.append(row) }
      guard !isEnded else { continue }
      do {
        if !format.json { Terminal.print("\(manifest)") }
        try perform(manifest) { json, text in
          if format.json { row.reports.append(json) } else { Terminal.print(text) }
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

  /// Says now, and not hours later, which manifest cannot be read, unless the others are made all the same; and which two
  /// make one folder, of which the second would replace the first.
  private func look(_ manifests: [FilePath]) throws {
    var makers: [FilePath: FilePath] = [:]
    for manifest in manifests where !ManyRuns.own.contains(where: { manifest.name.hasBytes(atEnd: $0) }) {
      guard !manifest.isDescriptor else { continue }
      let read: Manifest
      do {
        read = try Manifest(path: manifest)
      } catch {
        if keepsGoing { continue }
        throw error
      }
      let output = read.output.lexicallyNormalized()
      if let other = makers.updateValue(manifest, forKey: output) {
        throw ValidationError("\(other) and \(manifest) make one folder, \(output): run them one after the other")
      }
    }
  }

  /// From what is done to what no second attempt mends.
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
    guard let status = row.status else { return "not begun" }
    return status == .ok ? "done" : "failed with \(status.rawValue), \(row.code ?? "")"
  }

  private func text(_ rows: [Row]) -> String {
    let done = rows.count { $0.status == .ok }
    return
      (TextTable(["manifest", "result"], rows.map { [$0.manifest.string, word($0)] }).lines
      + ["\(done) of \(rows.count) done"]).joined(separator: "\n")
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
