import Diagnostics
import Foundation
import Threads

extension Terminal {
  /// Prints a failure and ends the process with its status. With `--json` the failure is a document on standard output.
  /// - Parameters:
  ///   - diagnostic: What is printed.
  ///   - afterResult: Whether the result is printed already: it stays the only document.
  package static func fail(_ diagnostic: Diagnostic, afterResult: Bool = false) -> Never {
    if !afterResult { ErrorDocument(diagnostic).printIfWanted() }
    write((errorIsColoured ? coloured(diagnostic.text) : diagnostic.text) + "\n", to: .error)
    exit(diagnostic.exitStatus.rawValue)
  }

  /// Ends the process because of a signal: with 128 and the signal's number.
  package static func failInterrupted() -> Never {
    let status = StopSignal.shared.exitCode ?? ExitStatus.interrupted.rawValue
    ErrorDocument(ProgramError.interrupted.diagnostic, status: status).printIfWanted()
    note("interrupted")
    exit(status)
  }
}
