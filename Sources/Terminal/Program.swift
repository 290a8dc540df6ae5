import ArgumentParser
import Diagnostics
import Foundation

/// A program: its root command, whose name and version are the program's.
package protocol Program: ParsableCommand {}

extension Program {
  /// The main function, in place of the argument parser's own: parses the command line, runs the command, and turns an
  /// error into words, with `--json` into a document too, and into an exit status.
  ///
  /// A result that standard output did not take makes a success, and a verdict, a failure: see ``OutputLoss``.
  package static func main() {
    Terminal.prepare()
    ErrorDocument.prepareForShrunkFiles()
    do {
      var command = try parseAsRoot()
      // Help is where the variable is explained.
      if !CommandLine.arguments.contains(where: ["--help", "-h", "help"].contains) {
        try EnvironmentVariable.requireKnownInstructions()
      }
      try command.run()
      OutputLoss.endIfAny()
    } catch let error as any CambiumError {
      Terminal.fail(error.diagnostic)
    } catch is CancellationError {
      Terminal.failInterrupted()
    } catch {
      let status = exitCode(for: error)
      let text = fullMessage(for: error)
      // A bare exit code is the verdict of a result that is printed.
      if !status.isSuccess, !(error is ExitCode) {
        let code = status == .validationFailure ? "E_USAGE" : "E_FAILURE"
        ErrorDocument(code: code, summary: message(for: error), status: status.rawValue).printIfWanted()
      }
      if status.isSuccess, !text.isEmpty { Terminal.print(text) }
      if status.isSuccess || error is ExitCode { OutputLoss.endIfAny() }
      if !status.isSuccess, !text.isEmpty { Terminal.note(text) }
      Foundation.exit(status.rawValue)
    }
  }
}
