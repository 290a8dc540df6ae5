import TestSupport

/// The built `verify-runner` as a child process.
enum RunnerProcess {
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> CambiumProcess.Outcome {
    try CambiumProcess.run(arguments, program: "verify-runner", environment: environment)
  }
}
