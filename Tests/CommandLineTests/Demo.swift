import TestSupport
import Foundation
import StrictJSON
import Testing

/// The demo checkpoint and manifests for it, outside the repository.
enum Demo {
  static let trunk = Repository.demoTrunk
  static let donor = Repository.demoDonor

  /// A decode check that costs little: these tests run hundreds of conversions.
  static let shortCheck: JSONValue = .object([("prompts", 1), ("tokens", 4), ("depths", [1])])

  /// Writes `m.json` into a folder; the package will be `out` beside it.
  @discardableResult
  static func writeManifest(
    in folder: ScratchFolder, name: String = "m.json", source: String = trunk, donor: String? = donor,
    pipeline: String = "mxfp4", layout: String? = nil, check: JSONValue = Demo.shortCheck,
    baseModel: String = "cambium/demo", output: String = "out"
  ) throws -> String {
    var members: [(String, JSONValue)] = [("cambium", 1), ("source", .string(source))]
    if let donor { members.append(("donor", .string(donor))) } else { members.append(("head", "none")) }
    if let layout { members.append(("layouts", [.string(layout)])) }
    members += [
      ("pipeline", .string(pipeline)), ("base_model", .string(baseModel)), ("output", .string(output)),
      ("check", check),
    ]
    try folder.write(String(decoding: JSONWriter.pretty(.object(members)), as: UTF8.self), to: name)
    return folder[name]
  }

  /// A folder with the manifest in it.
  static func folder() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try writeManifest(in: folder)
    return folder
  }

  /// A copy of the trunk that may be changed.
  static func copyTrunk(to folder: ScratchFolder, _ name: String = "trunk") throws -> String {
    try FileManager.default.copyItem(atPath: trunk, toPath: folder[name])
    return folder[name]
  }

  /// The package of an undisturbed run, made once; every other run is held against it.
  static let reference = Result<Reference, any Error> { try Reference() }

  final class Reference: Sendable {
    let path: String
    let run: String
    let notes: String
    private let folder: ScratchFolder

    init() throws {
      folder = try Demo.folder()
      let outcome = try CambiumProcess.run(["run", "m.json", "--threads", "1"], in: folder.path)
      guard outcome.isSuccess else { throw CambiumProcess.Failure(description: outcome.summary) }
      path = folder["out"]
      run = outcome.out.replacingOccurrences(of: folder.path, with: "FOLDER")
      notes = outcome.err
      // Static values are never freed: the folder would stay.
      Cleanup.add(folder.path)
    }
  }
}

/// Folders removed at the end of the process.
enum Cleanup {
  nonisolated(unsafe) private static var folders: [String] = []

  static func add(_ folder: String) {
    if folders.isEmpty { atexit { Cleanup.folders.forEach { try? FileManager.default.removeItem(atPath: $0) } } }
    folders.append(folder)
  }
}

/// Runs the manifest of a folder.
func runDemo(
  _ folder: ScratchFolder, _ more: [String] = [], environment: [String: String] = [:], limits: String = "true"
) throws -> CambiumProcess.Outcome {
  try CambiumProcess.run(["run", "m.json"] + more, in: folder.path, environment: environment, limits: limits)
}

/// The single JSON document that a text is.
func document(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8), file: "stdout") }

/// Expects the package to be that of the reference but for what names the manifest, whose text is an input too.
func expectReferenceFiles(_ folder: ScratchFolder, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let own = ["README.md", "SHA256SUMS", "audit.html", "audit.json", "provenance.json"].map { "\($0): bytes" }
  #expect(differences(try Demo.reference.get().path, folder["out"]) == own, sourceLocation: sourceLocation)
  #expect(folder.leftovers == [], sourceLocation: sourceLocation)
}

/// Expects the package to be the reference, and nothing unfinished beside it.
func expectReference(
  _ folder: ScratchFolder, _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let reference = try Demo.reference.get().path
  #expect(differences(reference, folder["out"]) == [], "\(comment)", sourceLocation: sourceLocation)
  #expect(folder.leftovers == [], "\(comment)", sourceLocation: sourceLocation)
}

extension Demo {
  /// An adapter of the trunk: one factor of the first layer's projection: 512 rows of 256.
  static func writeAdapter(in folder: ScratchFolder) throws {
    try folder.makeFolder("adapter")
    let config: JSONValue = [
      "peft_type": "LORA", "r": 1, "lora_alpha": 16, "target_modules": ["in_proj_qkv"], "bias": "none",
      "layers_to_transform": [0], "task_type": "CAUSAL_LM",
    ]
    try folder.write(String(decoding: JSONWriter.pretty(config), as: UTF8.self), to: "adapter/adapter_config.json")
    let module = "base_model.model.model.language_model.layers.0.linear_attn.in_proj_qkv"
    let header =
      "{\"\(module).lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[1,256],\"data_offsets\":[0,1024]},"
      + "\"\(module).lora_B.weight\":{\"dtype\":\"F32\",\"shape\":[512,1],\"data_offsets\":[1024,3072]}}"
    var bytes = Data(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) })
    bytes.append(contentsOf: header.utf8)
    for index in 0..<768 {
      let value: Float = index % 3 == 0 ? -0.0625 : 0.0625
      bytes.append(contentsOf: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }
    try bytes.write(to: URL(fileURLWithPath: folder["adapter/adapter_model.safetensors"]))
  }
}
