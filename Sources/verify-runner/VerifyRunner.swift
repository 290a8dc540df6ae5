import ArgumentParser
import Diagnostics
import Foundation
import StrictJSON

@main
struct VerifyRunner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-runner",
    abstract: "Runs a package on the CPU, and proves that its MTP head changes no token.",
    discussion: """
      Example:
        verify-runner check PACKAGE
        verify-runner generate PACKAGE --chat "What is 5 * 11?"

      Exit codes: 0 ok, 1 failure, 2 the check says no, 64 usage, 65 bad input, 66 missing input, 74 I/O,
      130 interrupted.
      """,
    subcommands: [
      CheckCommand.self, GenerateCommand.self, BenchCommand.self, TraceCommand.self, TokenizeCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any CambiumError {
      Terminal.fail(error.diagnostic)
    } catch is CancellationError {
      Terminal.failInterrupted()
    } catch {
      let status = exitCode(for: error)
      if Terminal.wantsJSON, !status.isSuccess, !(error is ExitCode) {
        let code = status == .validationFailure ? "E_USAGE" : "E_FAILURE"
        Terminal.print(
          .object([
            (
              "error",
              .object([
                ("code", .string(code)), ("summary", .string(message(for: error))),
                ("exit", .int(Int(status.rawValue))),
              ])
            )
          ]))
      }
      exit(withError: error)
    }
  }
}
