import ArgumentParser
import Audit
import Checkpoint
import Files
import Foundation
import Readers
import Terminal
import SystemPackage

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Lists a package's tensors: treatment, rule, sizes, errors.",
    discussion: """
      Example:
        cambium audit PACKAGE --verdict quantized --sort cosine

      \(HelpSections.exitCodes())
      """)

  @Argument(help: "The package's folder.", completion: .directory) var package: FilePath
  @Option(help: "Only this role.", completion: .list(TensorRole.allCases.map(\.rawValue))) var role: String?
  @Option(
    help: "Only this treatment: quantized, converted or kept.",
    completion: .list(["quantized", "converted", "kept"])) var verdict: String?
  @Option(help: "name, bytes, cosine, rms, sqnr, largest, clipped or zeroed; the worst first.") var sort:
    AuditQuery.Order = .name
  @OptionGroup var format: JSONOption
  @Flag(help: "Print the result as CSV.") var csv = false
  @Option(help: "Sum up by role or by layer instead.") var by: AuditSummary.Grouping?
  @Option(
    help: ArgumentHelp(
      "Columns of the table, with commas: \(AuditTable.Column.allCases.map(\.rawValue).joined(separator: ", ")); by default"
        + " all, on a terminal those that it has room for.", valueName: "names"), transform: AuditColumns.init)
  var columns: AuditColumns?

  @Option(
    help: ArgumentHelp("Write the page audit.html anew, of the package as it is.", valueName: "file"),
    completion: .file(extensions: ["html"]), transform: resultFile) var html: FilePath?
  @Option(
    help: ArgumentHelp("With --html: the decode check to show; by default PACKAGE.check.json.", valueName: "file"),
    completion: .file(extensions: ["json"])) var check: FilePath?

  @OptionGroup var force: ForceOption

  func validate() throws {
    if csv, format.json { throw ValidationError("give either --csv or --json") }
    if columns != nil, csv || format.json || by != nil || html != nil {
      throw ValidationError("--columns is for the table of tensors")
    }
    if html != nil, by != nil || csv || format.json || role != nil || verdict != nil || sort != .name {
      throw ValidationError("--html writes the whole page: it goes with --check only")
    }
    if check != nil, html == nil { throw ValidationError("--check goes with --html") }
    if by != nil, sort != .name { throw ValidationError("--by has an order of its own: leave --sort out") }
    if let role, TensorRole(rawValue: role) == nil {
      throw ValidationError("--role takes one of \(TensorRole.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if let verdict, !["quantized", "converted", "kept"].contains(verdict) {
      throw ValidationError("--verdict takes quantized, converted or kept")
    }
  }

  func run() throws {
    let document = try AuditDocument(package: package.absolute)
    if let html { return try write(document, to: html.absolute) }
    if let by {
      let summary = AuditSummary(document, by: by, role: role, verdict: verdict)
      return format.print(json: summary.json, text: csv ? summary.csv : summary.table)
    }
    let query = AuditQuery(document, role: role, verdict: verdict, order: sort)
    format.print(
      json: query.json, text: csv ? query.csv : query.table(columns: columns?.columns, width: Terminal.outputWidth))
  }

  /// The page, with what readers make of the files as they are.
  private func write(_ document: AuditDocument, to path: FilePath) throws {
    let folder = package.absolute
    let target = ResultFile(
      path, AuditPage.kind, force: force.force, inputs: [folder] + [check?.absolute].compactMap { $0 })
    try target.check()
    // A run leaves its report beside the package.
    let beside = package.absolute.appending(suffix: ".check.json")
    let report = try (check ?? (try beside.exists ? beside : nil)).map { try CheckOutcome.read(report: $0.absolute) }
    let page = AuditPage(
      title: folder.lastComponent?.string ?? "/", audit: document,
      readers: try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(folder))), check: report)
    try target.write(page.render())
    Terminal.print(path.string)
  }
}

/// Columns as `tensor,cosine,rule`.
struct AuditColumns: Sendable {
  let columns: [AuditTable.Column]

  /// - Throws: `ValidationError` with the names that there are.
  init(_ argument: String) throws {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    columns = words.compactMap(AuditTable.Column.init)
    guard columns.count == words.count, Set(words).count == words.count else {
      let known = AuditTable.Column.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--columns takes names with commas, each once: \(known)")
    }
  }
}

extension AuditQuery.Order: ExpressibleByArgument {}
extension AuditSummary.Grouping: ExpressibleByArgument {}
