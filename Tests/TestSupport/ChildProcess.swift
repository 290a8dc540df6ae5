#if os(Linux)
  import Foundation
  import Glibc
  import Testing

  /// One scenario in a process of its own, which may be killed: the test program starts itself again with the scenario in
  /// the environment and only one suite selected, whose one test plays it.
  package struct ChildProcess: Sendable {
    /// Ended by this signal, or exited with this status.
    package enum End: Equatable { case exit(Int32), signal(Int32) }

    /// The suite that plays its scenarios.
    private let suite: String

    package init(suite: String) { self.suite = suite }

    private var variable: String { "CAMBIUM_TEST_CHILD_" + suite }

    /// The scenario and the folder that this process is to play; nil in a process that is no such child.
    package var order: (scenario: String, folder: String)? {
      let parts = ProcessInfo.processInfo.environment[variable]?.split(separator: " ", maxSplits: 1).map(String.init)
      guard let parts, parts.count == 2 else { return nil }
      return (parts[0], parts[1])
    }

    package func run(_ scenario: String, in folder: String, environment: [String: String] = [:]) throws -> End {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = ["--testing-library", "swift-testing", "--filter", suite]
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

    /// Ends a scenario at each pass of a point until it lives through, each time in a folder of its own; returns the
    /// number of deaths.
    /// - Parameters:
    ///   - seed: Makes each death a power cut, which takes back what was not synced; see `PowerLoss`.
    ///   - check: Looks at what is left, also after the run that lived.
    package func dieEverywhere(
      _ scenario: String, at point: String, seed: Int? = nil, prepare: (ScratchFolder) throws -> Void = { _ in },
      check: (ScratchFolder) throws -> Void
    ) throws -> Int {
      for pass in 1..<100 {
        let scratch = try ScratchFolder.lasting()
        try prepare(scratch)
        var order = ["CAMBIUM_CRASH_AT": "\(point):\(pass)"]
        if let seed { order["CAMBIUM_POWER_LOSS"] = "\(seed)" }
        let end = try run(scenario, in: scratch.path, environment: order)
        try check(scratch)
        if end == .exit(0) { return pass - 1 }
        #expect(end == .signal(SIGKILL))
      }
      Issue.record("the scenario never ended by itself")
      return 0
    }
  }
#endif
