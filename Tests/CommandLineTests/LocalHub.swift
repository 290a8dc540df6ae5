import Foundation
import StrictJSON
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A hub with repositories of its own, and the program beside it, which asks it.
final class LocalHub {
  let scratch: ScratchFolder
  private let process: TestHubProcess

  var endpoint: String { process.endpoint }
  /// Of `org/trunk`.
  var commit: String { process.commit("org/trunk") }

  /// - Parameter fill: Puts files under `repos/org/name/`; by default the demo's two checkpoints.
  init(_ fill: (ScratchFolder) throws -> Void = LocalHub.demo) throws {
    scratch = try ScratchFolder(beneath: ScratchFolder.disk)
    try scratch.makeFolder("repos/org")
    try fill(scratch)
    process = try TestHubProcess(scratch["repos"], log: scratch["log"], ["--faults", scratch["faults"]])
  }

  static func demo(_ scratch: ScratchFolder) throws {
    for (name, source) in [("trunk", Demo.trunk), ("donor", Demo.donor)] {
      try FileManager.default.copyItem(atPath: source, toPath: scratch["repos/org/\(name)"])
    }
  }

  func commit(_ repository: String, _ branch: String = "main") -> String {
    process.commit(repository, branch)
  }

  /// What a program needs to ask this hub; it cannot reach another one.
  func environment(_ more: [String: String] = [:]) -> [String: String] {
    [
      "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": endpoint, "HF_HUB_CACHE": scratch["cache"], "TMPDIR": scratch.path,
    ].merging(more) { $1 }
  }

  func run(_ arguments: [String], _ more: [String: String] = [:]) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(arguments, in: scratch.path, environment: environment(more))
  }

  /// Rules as they stand in the hub's help, each a JSON object.
  func setFaults(_ rules: String...) throws {
    try scratch.write("{\"faults\": [\(rules.joined(separator: ", "))]}", to: "faults.new")
    // At one instant: the hub reads it at each request.
    #expect(rename(scratch["faults.new"], scratch["faults"]) == 0)
  }

  /// Writes `m.json`, with a source and a donor as the manifest has them.
  func writeManifest(source: JSONValue, donor: JSONValue, _ more: [(String, JSONValue)] = []) throws {
    let members: [(String, JSONValue)] = [
      ("cambium", 1), ("source", source), ("donor", donor), ("pipeline", "mxfp4"), ("base_model", "cambium/demo"),
      ("output", "out"), ("check", Demo.shortCheck),
    ]
    try scratch.write(String(decoding: JSONWriter.pretty(.object(members + more)), as: UTF8.self), to: "m.json")
  }

  /// `{"hub": NAME, "remote": true}`.
  static func remote(_ name: String) -> JSONValue { .object([("hub", .string(name)), ("remote", true)]) }

  /// How many requests there were.
  func requests() throws -> Int { try process.requests().count }

  /// A request to the store, as the hub logged it.
  struct StoreRequest {
    let path: String
    let range: String?
    let bytes: Int
    let hasToken: Bool
  }

  /// Requests to the store, but for the first ones.
  func storeRequests(after count: Int = 0) throws -> [StoreRequest] {
    let all = try process.requests().compactMap { line -> StoreRequest? in
      let value = try JSONValue.parse(line, file: "log")
      guard value["port"]?.stringValue == "cdn" else { return nil }
      return StoreRequest(
        path: value["path"]?.stringValue ?? "", range: value["range"]?.stringValue,
        bytes: value["bytes"]?.intValue ?? 0,
        hasToken: value["authorization"]?.boolValue ?? false)
    }
    return Array(all.dropFirst(count))
  }

  /// Bytes that the store sent, but for the first requests.
  func storeBytes(after count: Int = 0) throws -> Int {
    try storeRequests(after: count).reduce(0) { $0 + $1.bytes }
  }
}
