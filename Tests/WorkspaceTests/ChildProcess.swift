#if os(Linux)
  import Digests
  import Foundation
  import Glibc
  import StrictJSON
  import Testing
  import Diagnostics
  import Files
  import Threads
  import Workspace

  /// Runs one scenario in a process of its own, which may be killed: the test program starts itself again with the
  /// scenario in the environment and only the test `actAsChild` selected.
  struct ChildProcess {
    /// Ended by this signal, or exited with this status.
    enum End: Equatable { case exit(Int32), signal(Int32) }

    static let variable = "CAMBIUM_WORKSPACE_TEST_CHILD"

    static func run(_ scenario: String, in folder: String, environment: [String: String] = [:]) throws -> End {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = ["--testing-library", "swift-testing", "--filter", "ChildScenarios"]
      var all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      all[variable] = scenario + " " + folder
      process.environment = all
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationReason == .exit
        ? .exit(process.terminationStatus) : .signal(process.terminationStatus)
    }
  }

  @Suite(.enabled(if: ProcessInfo.processInfo.environment[ChildProcess.variable] != nil)) struct ChildScenarios {
    /// Exits with 0 when the scenario goes as it should.
    @Test func `a scenario is played in a child process`() throws {
      let text = try #require(ProcessInfo.processInfo.environment[ChildProcess.variable])
      let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
      _exit(try perform(parts[0], in: parts[1]) ? 0 : 1)
    }

    func perform(_ scenario: String, in folder: String) throws -> Bool {
      switch scenario {
      case "atomic":
        try AtomicFile.write(Array("new content".utf8), to: folder + "/a")
        return true
      case "careless":
        // A name that is durable before its content is.
        let file = try PosixFile.createExclusive(folder + "/.a")
        try file.write(Array("content".utf8), at: 0)
        try Folder.renameNoReplace(folder + "/.a", folder + "/a")
        try AtomicFile.write(Array("b".utf8), to: folder + "/b")
        return true
      case "publish":
        try Folder.renameNoReplace(folder + "/partial", folder + "/final")
        return true
      case "remove":
        try Folder.removeTree(folder + "/tree")
        return true
      case "overwrite-remove":
        let file = try PosixFile.openForWriting(folder + "/a")
        try file.write(Array("DURABLE".utf8), at: 0)
        try Folder.removeTree(folder + "/a")
        return true
      case "journal":
        let (journal, done) = try Journal.open(folder: folder, key: SHA256Digest.of([1]))
        for unit in done.count..<5 {
          try journal.append([.object([("unit", .int(unit))])])
          try journal.sync()
        }
        return true
      case "lock":
        do { _ = try WorkLock(folder: folder) } catch let error as any CambiumError {
          _exit(error.diagnostic.exitStatus.rawValue)
        }
        return true
      case "hold":
        let lock = try WorkLock(folder: folder)
        defer { lock.release() }
        kill(getpid(), SIGKILL)
        return false
      case "size-limit": return try meetsSizeLimit(in: folder)
      default: return stops(scenario)
      }
    }

    private func meetsSizeLimit(in folder: String) throws -> Bool {
      StopSignal.shared.install()
      deliver(SIGXFSZ)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      guard setrlimit(__rlimit_resource_t(1), &limit) == 0 else { return false }
      let path = folder + "/a"
      do throws(StorageError) {
        try AtomicFile.write([UInt8](repeating: 7, count: 5000), to: path)
        return false
      } catch {
        return error.diagnostic.code == "E_FILE_TOO_LARGE"
      }
    }

    /// Threads of the pool that run tests block all signals; a thread of the tool need not.
    private func deliver(_ number: Int32) {
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, number)
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    private func stops(_ scenario: String) -> Bool {
      let stop = StopSignal.shared
      guard !stop.isRequested, stop.signal == nil else { return false }
      stop.install()
      let number = scenario.hasPrefix("term") ? SIGTERM : SIGINT
      // Were it not ignored, this would be the end.
      deliver(SIGPIPE)
      kill(getpid(), SIGPIPE)
      // To the process: the threads of the pool that run tests block all signals.
      kill(getpid(), number)
      for _ in 0..<5000 where !stop.isRequested { usleep(1000) }
      guard stop.isRequested, stop.signal == number, stop.exitCode == 128 + number else { return false }
      guard scenario.hasSuffix("-twice") else { return true }
      kill(getpid(), number)
      sleep(5)
      return false
    }
  }
#endif
