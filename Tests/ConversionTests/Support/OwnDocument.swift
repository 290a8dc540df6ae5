import Audit
import Conversion
import Diagnostics
import Digests
import Foundation
import Manifests
import PackageCheck
import Planning
import Streaming
import StrictJSON
import SystemPackage
import Testing
import Workspace

/// A document that we write ourselves, with its reader.
struct OwnDocument {
  let name: String
  let value: JSONValue
  /// Reads the document in another form. Every error names the file as ``name``.
  let read: (JSONValue) throws -> Void
  /// Damage that is a statement of its own, as `kind pattern`: a field that may be absent, a list whose length nothing
  /// else states.
  var statements: Set<String> = []
  /// Words of messages about a field whose value follows from what was damaged.
  var guards: [String] = []

  /// Damages every field, and asks for an error that names file and field.
  /// - Returns: how often it was damaged.
  func requireRefusals() throws -> Int {
    #expect(throws: Never.self, "\(name) as it was written") { try read(value) }
    let all = Damage.all(of: value).filter { !statements.contains("\($0.kind.rawValue) \($0.pattern)") }
    for damage in all {
      do {
        try read(damage.document)
        Issue.record("\(name) was read: \(damage)")
      } catch let error as any CambiumError {
        let text = error.diagnostic.text
        let isNamed = (["\"\(damage.field)"] + guards).contains { text.contains($0) }
        #expect(isNamed && text.contains(name), "\(damage): \(text)")
      }
    }
    return all.count
  }
}

extension Workshop {
  /// What a finished run left in its work folder, beside its manifest and in its package.
  func documents() throws -> [OwnDocument] {
    let run = try open()
    let list = try WorkList(InputFile.all(run.resolution), run.plan, headIsDonors: run.resolution.donor != nil)
    return try StageName.allCases.map(receipt) + [
      document(work, "quantize/units.json") { _ = try UnitList(path: $0, run.plan, list) },
      document(work, "verify/verify.json") { _ = try Measurements(path: $0, run.plan) },
      document(work, "check/check.json") { _ = try CheckOutcome.read(path: $0, run.forecast.check) },
      lock, audit, provenance,
    ]
  }

  /// What the runner would have found: a report of two prompts at depths 1 and 2.
  func decodedCheck() throws -> OwnDocument {
    let value: JSONValue = ["cambium_check": 1, "decoded": true, "report": CheckDocument.report(depths: [1, 2])]
    let file = path + "/decoded/check.json"
    let plan = CheckPlan.decode(DecodeCheck(prompts: 2, tokens: 3, depths: [1, 2]))
    var document = OwnDocument(name: "check.json", value: value) {
      try write($0, file)
      _ = try CheckOutcome.read(path: FilePath(file), plan)
    }
    document.guards = ["digest", "tokens_sha256", "accepted", "settings", "acceptance_by_kind"].map { "\"\($0)\"" }
    return document
  }

  private func receipt(_ stage: StageName) throws -> OwnDocument {
    var document = try self.document(work, stage.rawValue + "/receipt.json") {
      _ = try StageReceipt.load($0.removingLastComponent())
    }
    // The run knows what its stages put out; see `a receipt with fewer outputs`.
    document.statements = ["shortened outputs"]
    document.guards = ["\"key\""]
    return document
  }

  private var lock: OwnDocument {
    get throws {
      let value = try readJSON(path + "/manifest.lock.json")
      let written = try LockFile.read(path: FilePath(path + "/manifest.lock.json"))
      var document = try self.document(path, "manifest.lock.json") { file in
        let found = try #require(try LockFile.read(path: file))
        // What is missing differs from what was resolved, and a run says so.
        let differences = written.map { found.differences(to: $0) } ?? []
        if !differences.isEmpty { throw ManifestError.lockDiffers(path: file, differences: differences) }
      }
      document.guards = ["\"sha256\""]
      document.guards += (value["files"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue }.map {
        "\($0) is new"
      }
      return document
    }
  }

  private var audit: OwnDocument {
    get throws {
      var document = OwnDocument(name: "audit.json", value: try readJSON(package + "/audit.json")) {
        _ = try AuditDocument($0, file: "audit.json")
      }
      document.statements = [
        "removed tensors[].reason", "removed readers[].required", "value tensors[].adapter.scale",
        "shortened inputs", "shortened readers", "shortened notes", "shortened tensors", "shortened dropped",
        "shortened tensors[].transforms", "shortened tensors[].source.tensors", "shortened tensors[].source.shape",
        "shortened tensors[].written[].shape", "shortened tensors[].adapter.tensors", "shortened head.source_files",
        "shortened head.pairing.evidence", "removed drafter", "null drafter.block", "shortened drafter.taps",
        "shortened drafter.tensors", "shortened drafter.tensors[].shape",
      ]
      document.guards = ["\"sha256\"", "\"bits\""]
      return document
    }
  }

  private var provenance: OwnDocument {
    get throws {
      var document = OwnDocument(name: "provenance.json", value: try readJSON(package + "/provenance.json")) {
        _ = try ProvenanceStatement($0, file: "provenance.json")
      }
      let definition = "predicate.buildDefinition"
      let thresholds = definition + ".internalParameters.thresholds"
      document.statements = Set(
        [
          "shortened subject", "shortened \(definition).resolvedDependencies",
          "shortened \(definition).externalParameters.layouts", "shortened \(definition).externalParameters.readers",
        ]
          + ["donor", "adapter", "drafter"].map { "removed \(definition).externalParameters.\($0)" }
          + ["head", "base_model"].map { "null \(definition).externalParameters.\($0)" }
          + ["min_cosine", "mean_cosine", "max_relative_rms"].map { "removed \(thresholds).all.\($0)" })
      // A digest is known by its kind.
      document.guards = ["\"sha256\"", "\"bits\""]
      return document
    }
  }

  /// A document in a file, whose damage is written beside it.
  private func document(
    _ folder: String, _ name: String, _ read: @escaping (FilePath) throws -> Void
  ) throws -> OwnDocument {
    let file = path + "/damaged/" + name
    return OwnDocument(name: name, value: try readJSON(folder + "/" + name)) { value in
      try write(value, file)
      try read(FilePath(file))
    }
  }

  private func write(_ value: JSONValue, _ file: String) throws {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try writeBytes(JSONWriter.pretty(value), file)
  }
}
