import Foundation
import Hub
import StrictJSON
import TestSupport
import Threads

/// A hub with the repositories of a folder, which has faults when it is told.
final class TestHub {
  private let process: TestHubProcess
  let scratch: ScratchFolder
  /// Milliseconds of the waits that were asked for.
  let waits = WaitLog()

  var endpoint: String { process.endpoint }
  var store: String { process.store }

  struct Failure: Error { let words: String }

  /// - Parameters:
  ///   - arguments: Of the hub, such as `--prefix`.
  ///   - fill: Puts files under `repos/org/name/`.
  init(arguments: [String], fill: (ScratchFolder) throws -> Void) throws {
    scratch = try ScratchFolder(beneath: ScratchFolder.disk)
    try scratch.makeFolder("repos/org")
    try fill(scratch)
    process = try TestHubProcess(
      scratch["repos"], log: scratch["log"], ["--faults", scratch["faults"]] + arguments)
  }

  convenience init(_ arguments: [String] = []) throws { try self.init(arguments: arguments, fill: TestHub.demo) }

  convenience init(_ fill: (ScratchFolder) throws -> Void) throws { try self.init(arguments: [], fill: fill) }

  /// The demo's checkpoint and the one that has its head.
  static func demo(_ scratch: ScratchFolder) throws {
    for (name, source) in [("trunk", Repository.demoTrunk), ("donor", Repository.demoDonor)] {
      try FileManager.default.copyItem(atPath: source, toPath: scratch["repos/org/\(name)"])
    }
  }

  func commit(_ repository: String, _ branch: String = "main") -> String {
    process.commit(repository, branch)
  }

  /// Rules as they stand in the hub's help, each a JSON object.
  func setFaults(_ rules: String...) throws {
    try scratch.put("{\"faults\": [\(rules.joined(separator: ", "))]}", at: "faults.new")
    // At one instant: the hub reads it at each request.
    guard rename(scratch["faults.new"], scratch["faults"]) == 0 else { throw Failure(words: "no faults") }
  }

  /// The settings of a program that asks this hub, whose waits pass at once, and are all the time that passes.
  func settings(_ environment: [String: String] = [:]) throws -> HubSettings {
    try HubSettings(
      self.environment(environment),
      pause: { [waits] milliseconds in
        waits.add(milliseconds)
        return true
      }, now: { [waits] in waits.all.reduce(0, +) })
  }

  func environment(_ more: [String: String] = [:]) -> [String: String] {
    [
      "HF_ENDPOINT": endpoint, "HF_HUB_CACHE": scratch["cache"], "HF_HOME": scratch["home"], "TMPDIR": scratch.path,
      "HOME": scratch.path,
    ].merging(more) { $1 }
  }

  /// A request as the hub logged it.
  struct Request {
    let port: String
    let kind: String
    let path: String
    let range: String?
    let status: Int
    let bytes: Int
    let hasToken: Bool
  }

  /// All requests so far, in the order of their ends.
  func requests() throws -> [Request] {
    try process.requests().map { line in
      let value = try JSONValue.parse(line, file: "log")
      return Request(
        port: value["port"]?.stringValue ?? "", kind: value["kind"]?.stringValue ?? "",
        path: value["path"]?.stringValue ?? "", range: value["range"]?.stringValue,
        status: value["status"]?.intValue ?? 0, bytes: value["bytes"]?.intValue ?? 0,
        hasToken: value["authorization"]?.boolValue ?? false)
    }
  }

  /// Those to the store.
  func storeRequests() throws -> [Request] { try requests().filter { $0.port == "cdn" } }

  /// Bytes of requests to the store, but for the first ones.
  func storeBytes(after count: Int = 0) throws -> Int {
    var bytes = 0
    for request in try storeRequests().dropFirst(count) { bytes += request.bytes }
    return bytes
  }

  /// Opens the model as `inspect` does.
  func look(_ name: String, _ environment: [String: String] = [:]) throws -> RemoteModel {
    let all = self.environment(environment)
    guard let model = try RemoteModel(HubName(name), settings: settings(environment), environment: all) else {
      throw Failure(words: "here")
    }
    return model
  }

  /// Fetches a model, and returns what was planned.
  @discardableResult
  func fetch(
    _ name: String, to target: Fetch.Target = .cache, include: [String] = [], exclude: [String] = [],
    _ environment: [String: String] = [:], observer: Notes = Notes()
  ) throws -> Fetch {
    let fetch = try Fetch(
      HubName(name), to: target, selection: FetchSelection(include: include, exclude: exclude),
      settings: settings(environment))
    try fetch.run(connections: 4, observer: observer)
    return fetch
  }
}

/// What a fetch told.
final class Notes: Fetch.Observer {
  private let state = Guarded((bytes: 0, notes: [String]()))
  var bytes: Int { state.withLock { $0.bytes } }
  var notes: [String] { state.withLock { $0.notes } }
  func advanced(bytes: Int, file: String) { state.withLock { $0.bytes += bytes } }
  func note(_ text: String) { state.withLock { $0.notes.append(text) } }
}

/// Waits that were asked for, and passed at once.
final class WaitLog: Sendable {
  private let list = Guarded<[Int]>([])
  var all: [Int] { list.withLock { $0 } }
  func add(_ milliseconds: Int) { list.withLock { $0.append(milliseconds) } }
}
