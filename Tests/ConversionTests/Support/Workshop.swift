import TestSupport
import SystemPackage
import Conversion
import Diagnostics
import Foundation
import StrictJSON
import Testing

/// A temporary folder with checkpoints, a manifest and what a run makes of them: `source`, `donor`, `manifest.json`,
/// `package`, `package.work`.
struct Workshop: Sendable {
  let path: String

  var source: String { path + "/source" }
  var donor: String { path + "/donor" }
  var manifest: String { path + "/manifest.json" }
  var package: String { path + "/package" }
  var work: String { path + "/package.work" }

  /// Two threads, the shipped pipelines.
  var options: RunOptions { RunOptions(threads: 2, pipelineFolders: [FilePath(Repository.pipelines)]) }

  /// Writes a manifest: the least one, with these members added or replaced.
  func writeManifest(_ members: [(String, JSONValue)] = [], without: [String] = []) throws {
    var value = JSONValue.object([
      ("cambium", 1), ("source", "source"), ("pipeline", "mxfp4"), ("output", "package"),
    ])
    for (key, member) in members { value.set(key, to: member) }
    // The tiny models have no tokenizer to make prompts with.
    if value["check"] == nil { value.set("check", to: ["optional": true]) }
    for key in without { value.removeKey(key) }
    try writeBytes(JSONWriter.pretty(value), manifest)
  }

  func open(_ options: RunOptions? = nil) throws -> Run {
    try Run(manifest: FilePath(manifest), options: options ?? self.options)
  }

  /// A run of a manifest of another name.
  func openAnother(_ name: String) throws -> Run { try Run(manifest: FilePath(path + "/" + name), options: options) }

  @discardableResult
  func run(_ options: RunOptions? = nil, _ observer: SilentObserver = SilentObserver()) throws -> RunSummary {
    try open(options).execute(observer)
  }

  /// Runs what must be refused: checks the golden text of the error, that nothing stands under the output's name, and
  /// returns what the user is told.
  func refusal(
    _ golden: String, _ options: RunOptions? = nil, output: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Diagnostic {
    do {
      try run(options)
    } catch let error as any CambiumError {
      let output = URL(fileURLWithPath: output ?? package)
      let beside = try? FileManager.default.contentsOfDirectory(atPath: output.deletingLastPathComponent().path)
      #expect(!exists(output.path), "something stands at the output", sourceLocation: sourceLocation)
      let isClean = !(beside ?? []).contains { $0.hasSuffix(".cambium-partial") }
      #expect(isClean, "half a package was left behind", sourceLocation: sourceLocation)
      let diagnostic = error.diagnostic
      try Golden.check(anonymous(diagnostic), "errors/\(golden).txt", sourceLocation: sourceLocation)
      return diagnostic
    }
    Issue.record("the run was not refused", sourceLocation: sourceLocation)
    throw NotRefused()
  }

  struct NotRefused: Error {}

  /// An error's text and exit status, with this folder and this process named by placeholders.
  func anonymous(_ diagnostic: Diagnostic) -> String {
    let text = diagnostic.text + "\n  exit:     \(diagnostic.exitStatus.rawValue)"
    return text.replacingOccurrences(of: path, with: "$TMP")
      .replacingOccurrences(of: Repository.root, with: "$REPOSITORY")
      .replacingOccurrences(of: "process \(ProcessInfo.processInfo.processIdentifier)", with: "process $PID")
  }
}

/// Makes a workshop, which is removed afterwards, and puts a source and a donor into it.
@discardableResult
func withWorkshop<T>(
  source: TinyCheckpoint? = nil, donor: TinyCheckpoint? = nil, _ body: (Workshop) throws -> T
) throws -> T {
  let path = FileManager.default.temporaryDirectory.path + "/cambium-conversion-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  let shop = Workshop(path: path)
  try source?.write(to: shop.source)
  try donor?.write(to: shop.donor)
  try shop.writeManifest(donor == nil ? [] : [("donor", "donor")])
  return try body(shop)
}
