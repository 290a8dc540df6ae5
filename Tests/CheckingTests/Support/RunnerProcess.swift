import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// The built `verify-runner` as a child process; output in files.
final class RunnerProcess {
  struct Outcome {
    /// Exit status, or 1000 and the number of the signal that ended it.
    let status: Int32
    let out: String
    let err: String
    /// The largest memory it held at a time.
    let peakBytes: Int
  }

  let pid: pid_t
  private let folder: String

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    folder =
      FileManager.default.temporaryDirectory.appendingPathComponent("cambium-runner-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
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
    posix_spawn_file_actions_addopen(&actions, 1, folder + "/out", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, folder + "/err", O_WRONLY | O_CREAT, 0o600)
    // The threads that run tests block signals; a child must not.
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var argv: [UnsafeMutablePointer<CChar>?] = ([RunnerProcess.executable] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, RunnerProcess.executable, &actions, &attributes, &argv, &envp)
    pid = child
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .ENOENT) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    try RunnerProcess(arguments, environment: environment).wait()
  }

  /// What it wrote to standard error so far.
  var errorText: String { text("err") }

  func wait() throws -> Outcome {
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
    #if canImport(Darwin)
      let peak = usage.ru_maxrss
    #else
      let peak = usage.ru_maxrss * 1024
    #endif
    let signal = status & 0x7f
    return Outcome(
      status: signal == 0 ? (status >> 8) & 0xff : 1000 + signal, out: text("out"), err: text("err"),
      peakBytes: Int(peak))
  }

  private func text(_ name: String) -> String {
    FileManager.default.contents(atPath: folder + "/" + name).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Beside the test program, or else the one of the release build.
  private static let executable: String = {
    var places = [URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()]
    if let at = CommandLine.arguments.firstIndex(of: "--test-bundle-path"), at + 1 < CommandLine.arguments.count {
      places.append(URL(fileURLWithPath: CommandLine.arguments[at + 1]))
    }
    for place in places {
      var folder = place
      for _ in 0..<4 {
        folder = folder.deletingLastPathComponent()
        let candidate = folder.appendingPathComponent("verify-runner").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
          return candidate
        }
      }
    }
    return DemoCheckpoint.root + "/.build/release/verify-runner"
  }()
}
