import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A built executable as a child process, with an environment of its own and both streams in files.
package final class CambiumProcess {
  /// How a process ended, and what it said.
  package struct Outcome {
    package enum End: Equatable { case exit(Int32), signal(Int32) }

    package let end: End
    package let out: String
    package let err: String
    /// The largest memory it held at a time.
    package let peakBytes: Int

    package var isSuccess: Bool { end == .exit(0) }
    /// Its exit status; nil when a signal ended it.
    package var status: Int32? {
      guard case .exit(let status) = end else { return nil }
      return status
    }
    /// Standard error without its notes.
    package var progress: String {
      err.split(separator: "\n").filter { !$0.hasPrefix("note: ") }.map { $0 + "\n" }.joined()
    }
    package var summary: String { "\(end)\n\(out)\n\(err)" }
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
  }

  package let pid: pid_t
  private let program: String
  private let arguments: [String]
  private let streams: ScratchFolder
  /// What `wait4` said of its end; nil before.
  private var ended: (status: Int32, usage: rusage)?

  /// Starts a program with these arguments.
  /// - Parameters:
  ///   - program: `cambium` or one that is built beside it.
  ///   - folder: The current folder; by default an empty one of its own.
  ///   - limits: What the shell does first, such as `umask 077`.
  ///   - stdout, stderr: Descriptors to use in place of the files.
  package init(
    _ arguments: [String], program: String = "cambium", in folder: String? = nil, environment: [String: String] = [:],
    limits: String = "true", stdout: Int32? = nil, stderr: Int32? = nil
  ) throws {
    let streams = try ScratchFolder()
    self.streams = streams
    (self.program, self.arguments) = (program, arguments)
    // The shell changes the folder, for which `posix_spawn` has no portable way, and becomes the program.
    let script = "cd \"$0\" && \(limits) && exec \"$@\""
    let command = ["/bin/sh", "-c", script, folder ?? streams.path, BuiltProgram.path(program)] + arguments
    let variables = BuiltProgram.environment.merging(environment) { $1 }
    pid = try CambiumProcess.spawn(
      command, environment: variables.map { "\($0.key)=\($0.value)" }.sorted(),
      out: stdout.map { .descriptor($0) } ?? .file(streams["out"]),
      err: stderr.map { .descriptor($0) } ?? .file(streams["err"]))
  }

  /// A test that failed in between leaves no process behind, not a held one either.
  deinit {
    guard ended == nil else { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  /// Runs to the end.
  package static func run(
    _ arguments: [String], program: String = "cambium", in folder: String? = nil, environment: [String: String] = [:],
    limits: String = "true"
  ) throws -> Outcome {
    try CambiumProcess(arguments, program: program, in: folder, environment: environment, limits: limits).wait()
  }

  /// Sends a signal, unless it has ended: its number may be another's by then.
  package func send(_ signal: Int32) {
    if ended == nil { kill(pid, signal) }
  }

  /// Waits until it stops at the pass that `CAMBIUM_CRASH_AT=POINT:N:stop` names: it then stands still, all threads of it,
  /// until it is sent SIGCONT.
  /// - Returns: Whether it stopped; false when it ended without such a pass.
  package func waitForStop() throws -> Bool { try !next(options: WUNTRACED) }

  /// Waits for the end. What was printed with `--json` is held against its schema.
  package func wait() throws -> Outcome {
    while ended == nil { _ = try next(options: 0) }
    guard let (status, usage) = ended else { throw Failure(description: "no end") }
    let signal = status & 0x7f
    #if canImport(Darwin)
      let peak = usage.ru_maxrss
    #else
      let peak = usage.ru_maxrss * 1024
    #endif
    let out = streams.text("out")
    DocumentForms.expect(printedBy: program, arguments, out)
    return Outcome(
      end: signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal), out: out,
      err: streams.text("err"), peakBytes: Int(peak))
  }

  /// Waits for the next change; returns whether it is the end.
  private func next(options: Int32) throws -> Bool {
    guard ended == nil else { return true }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, options, &usage) < 0 {
      guard errno == EINTR else { throw Failure(description: "wait4: errno \(errno)") }
    }
    guard status & 0xff != 0x7f else { return false }
    ended = (status, usage)
    return true
  }
}
