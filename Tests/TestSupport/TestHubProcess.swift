import Foundation

/// `tools/test_hub.py` in a process of its own, with the repositories of a folder. It ends with the object.
package final class TestHubProcess {
  /// Where the hub answers, as `HF_ENDPOINT` has it.
  package let endpoint: String
  /// Where its store answers.
  package let store: String
  private let commits: [String: [String: String]]
  private let log: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  package struct Failure: Error {
    let words: String
  }

  /// - Parameters:
  ///   - repositories: A folder with `org/name/`.
  ///   - log: The file that has a line for each request.
  ///   - arguments: Further ones of the hub, such as `--prefix`.
  package init(_ repositories: String, log: String, _ arguments: [String] = []) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["python3", Repository.root + "/tools/test_hub.py", repositories, "--log", log] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    // The first line says that it answers from now on.
    let hello = try JSONSerialization.jsonObject(with: TestHubProcess.line(output)) as? [String: Any]
    guard let endpoint = hello?["endpoint"] as? String, let store = hello?["cdn"] as? String,
      let commits = hello?["commits"] as? [String: [String: String]]
    else { throw Failure(words: "the test hub does not start") }
    (self.endpoint, self.store, self.commits, self.log) = (endpoint, store, commits, log)
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.terminate()
    process.waitUntilExit()
  }

  /// The commit of a branch; empty without one.
  package func commit(_ repository: String, _ branch: String = "main") -> String {
    commits[repository]?[branch] ?? ""
  }

  /// A line of JSON for each request so far, in the order of their ends. Who has an answer may be ahead of the log, so the
  /// hub is asked to write it first.
  package func requests() throws -> [[UInt8]] {
    try input.fileHandleForWriting.write(contentsOf: Array("\n".utf8))
    _ = try TestHubProcess.line(output)
    guard let bytes = FileManager.default.contents(atPath: log) else { return [] }
    return bytes.split(separator: 10).map(Array.init)
  }

  private static func line(_ output: Pipe) throws -> Data {
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 { line.append(byte) }
    return line
  }
}
