import ArgumentParser
import Checkpoint
import Diagnostics
import Files
import Foundation
import Hub
import Manifests
import StrictJSON
import Terminal
import Threads
import SystemPackage

struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Downloads a model from the Hugging Face hub into its cache, or into a folder.",
    discussion: """
      By default it downloads what a conversion needs: safetensors, JSON, templates,
      tokenizers, the model card and licences. A file appears whole, with the digest
      that the hub states, or not at all. If a download is stopped, the same command
      continues it. The last line is the model's folder.

      Example:
        cambium fetch hub:org/name@revision --dry-run

      \(HelpSections.exitCodes([.resumable: "stopped: run the same command again"]))

      \(HelpSections.environment(EnvironmentVariable.hub + EnvironmentVariable.network))
      """)

  @Argument(help: "hub:org/name, or hub:org/name@revision for another revision than main.", transform: named)
  var model: String
  @Option(help: ArgumentHelp("Only files that match; may be repeated.", valueName: "pattern"), transform: named)
  var include: [String] = []
  @Option(help: ArgumentHelp("No files that match; may be repeated.", valueName: "pattern"), transform: named)
  var exclude: [String] = []
  @Option(help: ArgumentHelp("A folder instead of the cache.", valueName: "folder"), completion: .directory)
  var to: FilePath?
  @Flag(help: "Download only the MTP head, as a donor, into the folder that --to names.") var head = false
  @Flag(help: "Say what would be downloaded, and download nothing.") var dryRun = false
  @Option(help: "Most connections at a time.") var connections = 8
  @OptionGroup var quiet: QuietOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    if head, to == nil || !include.isEmpty || !exclude.isEmpty {
      throw ValidationError("--head takes --to FOLDER, and no patterns")
    }
    guard (1...64).contains(connections) else { throw ValidationError("--connections takes a number from 1 to 64") }
  }

  func run() throws {
    StopSignal.shared.install()
    let environment = ProcessInfo.processInfo.environment
    let settings = try HubSettings(environment)
    if head, let to { return try fetchHead(to.absolute, settings, environment) }
    let fetch = try Fetch(
      HubName(model), to: to.map { .folder($0.absolute) } ?? .cache,
      selection: FetchSelection(include: include, exclude: exclude), settings: settings)
    if fetch.isRemembered, settings.offlineBy == nil { noteUnreachable(model, commit: fetch.repository.commit) }
    if dryRun { return format.print(json: fetch.json(done: false), text: lines(fetch).joined(separator: "\n")) }
    let progress = FetchProgress(quiet: quiet.quiet, total: fetch.missingBytes)
    defer { progress.clear() }
    try fetch.run(connections: connections, observer: progress)
    let total = fetch.repository.traffic
    progress.note("\(Fixed.bytes(total.bytes)) in \(total.requests) requests")
    format.print(json: fetch.json(done: true), text: fetch.folder.string)
  }

  /// Fetches a head. The forecast is said first, on standard error: nothing large is moved before it.
  private func fetchHead(_ folder: FilePath, _ settings: HubSettings, _ environment: [String: String]) throws {
    guard let model = try RemoteModel(HubName(model), settings: settings, environment: environment) else { return }
    let fetch = try HeadFetch(model)
    Terminal.note("\(fetch.repository.pinned): \(fetch.forecast)")
    var isNew = false
    if !dryRun {
      let progress = FetchProgress(quiet: quiet.quiet, total: fetch.bytes)
      defer { progress.clear() }
      isNew = try fetch.write(to: folder, connections: connections, observer: progress)
    }
    let total = fetch.repository.traffic
    Terminal.note("\(Fixed.bytes(total.bytes)) in \(total.requests) requests")
    format.print(
      json: .object([
        ("cambium_fetch_head", 1), ("repository", .string(fetch.repository.name.repository)),
        ("commit", .string(fetch.repository.commit)), ("folder", .string(folder.string)),
        ("head_bytes", .int(fetch.bytes)), ("waste_bytes", .int(fetch.waste)), ("fetched", .bool(isNew)),
        ("moved_bytes", .int(total.bytes)),
      ]), text: folder.string)
  }

  private func lines(_ fetch: Fetch) -> [String] {
    let rows = fetch.items.map { [$0.file.path, "\($0.file.size)", $0.state == .missing ? "to be fetched" : "there"] }
    let missing = fetch.items.count { $0.state == .missing }
    return TextTable(["file", "bytes", ""], rows).lines + [
      "",
      "\(fetch.repository.pinned): \(missing) of \(fetch.items.count) files to be fetched, \(Fixed.bytes(fetch.missingBytes)) of \(Fixed.bytes(fetch.totalBytes))",
      fetch.folder.string,
    ]
  }
}

/// Fetches what a manifest names on the hub into the cache, where a run finds it.
/// - Throws: ``HubError``, and what reading the manifest throws.
func fetchModels(of manifest: FilePath, quiet: Bool) throws {
  StopSignal.shared.install()
  let settings = try HubSettings(ProcessInfo.processInfo.environment)
  let named = try Manifest(path: manifest)
  var references = [named.source, named.donor].compactMap { $0 }
  if case .merge(let adapter) = named.adapter { references.append(adapter) }
  for case .hub(let reference) in references where !reference.isRemote {
    let fetch: Fetch
    do {
      fetch = try Fetch(HubName(reference.description), to: .cache, settings: settings)
    } catch let error as HubError where error.isWithoutNetwork {
      // A branch that the cache knows means what it meant when it was fetched.
      guard let folder = try? ModelReference.hub(reference).resolve() else { throw error }
      if settings.offlineBy == nil { noteUnreachable(reference.description, commit: folder.name) }
      continue
    }
    let progress = FetchProgress(quiet: quiet, total: fetch.missingBytes)
    defer { progress.clear() }
    try fetch.run(connections: 8, observer: progress)
    progress.note("\(fetch.repository.pinned): \(Fixed.bytes(fetch.repository.traffic.bytes)) moved")
  }
}

private func noteUnreachable(_ model: String, commit: String) {
  Terminal.note("note: the hub cannot be reached; \(model) is what the cache has of it, commit \(commit)")
}

/// Says how far a fetch is.
private final class FetchProgress: Fetch.Observer {
  private let line: ProgressLine

  init(quiet: Bool, total: Int) {
    line = ProgressLine(quiet: quiet)
    line.began("fetch", total: total, .bytes)
  }

  func advanced(bytes: Int, file: String) { line.advanced(by: bytes, item: file) }

  func note(_ text: String) { line.note(text) }

  func clear() { line.clear() }
}
