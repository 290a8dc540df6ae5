import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A built executable as a child process, with an environment of its own and both streams in files.
final class CambiumProcess {
  /// How a process ended, and what it said.
  struct Outcome {
    enum End: Equatable { case exit(Int32), signal(Int32) }

    let end: End
    let out: String
    let err: String

    var isSuccess: Bool { end == .exit(0) }
    /// Standard error without its notes.
    var progress: String { err.split(separator: "\n").filter { !$0.hasPrefix("note: ") }.map { $0 + "\n" }.joined() }
    var summary: String { "\(end)\n\(out)\n\(err)" }
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  let pid: pid_t
  private let streams: ScratchFolder

  /// Starts a program with these arguments.
  /// - Parameters:
  ///   - program: `cambium` or one that is built beside it.
  ///   - folder: the current folder; by default an empty one of its own.
  ///   - limits: what the shell does first, such as `umask 077`.
  ///   - stdout, stderr: descriptors to use in place of the files.
  init(
    _ arguments: [String], program: String = "cambium", in folder: String? = nil, environment: [String: String] = [:],
    limits: String = "true", stdout: Int32? = nil, stderr: Int32? = nil
  ) throws {
    let streams = try ScratchFolder()
    self.streams = streams
    // The shell changes the folder, for which `posix_spawn` has no portable way, and becomes the program.
    let script = "cd \"$0\" && \(limits) && exec \"$@\""
    let command = ["/bin/sh", "-c", script, folder ?? streams.path, Product.executable(program)] + arguments
    let variables = Product.environment.merging(environment) { $1 }
    pid = try CambiumProcess.spawn(
      command, environment: variables.map { "\($0.key)=\($0.value)" }.sorted(),
      out: stdout.map { .descriptor($0) } ?? .file(streams["out"]),
      err: stderr.map { .descriptor($0) } ?? .file(streams["err"]))
  }

  /// Runs to the end.
  static func run(
    _ arguments: [String], program: String = "cambium", in folder: String? = nil, environment: [String: String] = [:],
    limits: String = "true"
  ) throws -> Outcome {
    try CambiumProcess(arguments, program: program, in: folder, environment: environment, limits: limits).wait()
  }

  func send(_ signal: Int32) { kill(pid, signal) }

  /// Waits for the end.
  func wait() throws -> Outcome {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(description: "waitpid: errno \(errno)") }
    }
    let signal = status & 0x7f
    return Outcome(
      end: signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal), out: streams.text("out"),
      err: streams.text("err"))
  }

  private enum Stream { case file(String), descriptor(Int32) }

  /// `posix_spawn`, because a signal mask must be cleared: the threads that run tests block all signals.
  private static func spawn(
    _ command: [String], environment: [String], out: Stream, err: Stream
  ) throws -> pid_t {
    #if canImport(Glibc)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (number, stream) in [(Int32(1), out), (2, err)] {
      switch stream {
      case .file(let path): posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY | O_CREAT, 0o600)
      case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
      }
    }
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, command[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw Failure(description: "cannot start \(command[0]): errno \(code)") }
    return pid
  }
}

/// Where the executable and the repository are.
enum Product {
  /// The root of the repository.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// A program beside the test program, or else the one of the release build.
  static func executable(_ name: String) -> String {
    var places = [URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()]
    if let at = CommandLine.arguments.firstIndex(of: "--test-bundle-path"), at + 1 < CommandLine.arguments.count {
      places.append(URL(fileURLWithPath: CommandLine.arguments[at + 1]))
    }
    for place in places {
      var folder = place
      // On macOS the program lies some folders down in its bundle.
      for _ in 0..<4 {
        folder = folder.deletingLastPathComponent()
        let candidate = folder.appendingPathComponent(name).path
        if isProgram(candidate) { return candidate }
      }
    }
    return root + "/.build/release/" + name
  }

  /// Nothing of the machine but what a program needs to start.
  static let environment: [String: String] = {
    var variables = ["HOME": "/nonexistent-home", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb"]
    for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH"] {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    variables["CAMBIUM_PIPELINES"] = root + "/pipelines"
    return variables
  }()

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }
}
