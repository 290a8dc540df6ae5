import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Escape codes go to terminals only, and colours not even there when NO_COLOR is set.
@Suite struct TerminalOutputTests {
  private static let escape = "\u{1b}"

  @Test(arguments: [["run", "m.json"], ["run", "missing.json"], ["plan", "m.json"], ["run", "--bogus"], ["--help"]])
  func `without a terminal there are no escape codes`(arguments: [String]) throws {
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(arguments, in: folder.path, environment: ["TERM": "xterm-256color"])
    #expect(!(outcome.out + outcome.err).contains(TerminalOutputTests.escape))
    #expect(!(outcome.out + outcome.err).contains("\r"))
  }

  /// A program, and arguments with which it fails.
  private static let failures = [
    ("cambium", ["run", "missing.json"]), ("verify-runner", ["tokenize", "missing", "text"]),
  ]

  @Test(arguments: failures) func `a terminal sees errors in red`(program: String, arguments: [String]) throws {
    let text = try onTerminal(arguments, program: program, ["TERM": "xterm"])
    #expect(text.hasPrefix("\u{1b}[31merror:\u{1b}[0m E_"), "\(text)")
  }

  @Test(
    arguments: failures, [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "xterm", "NO_COLOR": ""], ["TERM": "dumb"]])
  func `NO_COLOR and a dumb terminal see none`(failure: (String, [String]), environment: [String: String]) throws {
    // By the convention an empty NO_COLOR counts as none.
    let text = try onTerminal(failure.1, program: failure.0, environment)
    #expect(text.contains(TerminalOutputTests.escape) == (environment["NO_COLOR"] == ""), "\(text)")
    #expect(text.contains("error: E_") || environment["NO_COLOR"] == "")
  }

  @Test func `the progress line of a terminal is cleared at the end`() throws {
    let text = try onTerminal(["run", "m.json", "--threads", "1"], ["TERM": "xterm"])
    let lines = text.split(separator: "\r\n").map { $0.split(separator: "\u{1b}[K").last.map(String.init) ?? "" }
    let stages = lines.map { $0.split(separator: ":").first.map(String.init) ?? "" }.filter { $0 != "note" }
    #expect(stages == RerunTests.stages, "\(text)")
    #expect(text.contains("inspect 100%") || text.contains("\u{1b}[K["), "\(text)")
  }

  @Test func `a hostile name cannot steer the terminal`() throws {
    let folder = try ScratchFolder()
    let name = "evil\u{1b}[2J.json"
    let outcome = try CambiumProcess.run(["run", name], in: folder.path)
    #expect(outcome.end == .exit(66))
    #expect(outcome.err.contains("evil\\u{1b}[2J.json"), "\(outcome.err)")
    #expect(!outcome.err.contains(TerminalOutputTests.escape))
  }

  /// What a terminal in the place of standard error gets to see.
  private func onTerminal(
    _ arguments: [String], program: String = "cambium", _ environment: [String: String]
  ) throws -> String {
    let folder = try Demo.folder()
    let (master, terminal) = try #require(openTerminal())
    defer { close(master) }
    let process = try CambiumProcess(
      arguments, program: program, in: folder.path, environment: environment, stderr: terminal)
    close(terminal)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(master, &buffer, buffer.count)
      // Linux reports the end of the other side as an error.
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    _ = try process.wait()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Both ends of a pseudo-terminal.
  private func openTerminal() -> (master: Int32, terminal: Int32)? {
    #if os(Linux)
      // Glibc's own functions for this are not visible from Swift.
      let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
      var (number, unlocked): (UInt32, Int32) = (0, 0)
      guard master >= 0, ioctl(master, 0x8004_5430, &number) == 0, ioctl(master, 0x4004_5431, &unlocked) == 0 else {
        return nil
      }
      let name = "/dev/pts/\(number)"
    #else
      let master = posix_openpt(O_RDWR | O_NOCTTY)
      guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let place = ptsname(master) else { return nil }
      _ = fcntl(master, F_SETFD, FD_CLOEXEC)
      let name = String(cString: place)
    #endif
    let terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
    return terminal >= 0 ? (master, terminal) : nil
  }
}
