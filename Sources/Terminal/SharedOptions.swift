import ArgumentParser
import Foundation
import StrictJSON

/// How many threads a command uses.
package struct ThreadOptions: ParsableArguments {
  /// The number of threads, at least 1.
  @Option(help: "Threads; without effect on the result.")
  package var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  package init() {}

  /// Refuses a number of threads that no command can use.
  package func validate() throws {
    guard (1...1024).contains(threads) else { throw ValidationError("--threads takes a number from 1 to 1024") }
  }
}

/// Whether the result is a JSON document.
package struct JSONOption: ParsableArguments {
  /// `--json`.
  @Flag(help: "Print the result as JSON.") package var json = false

  package init() {}

  /// Prints a result in the form that is asked for. The other one is not made.
  package func print(json document: @autoclosure () -> JSONValue, text: @autoclosure () -> String) {
    if json { Terminal.print(document()) } else { Terminal.print(text()) }
  }
}

/// Whether a result may replace a file that is none of the same kind.
package struct ForceOption: ParsableArguments {
  /// `--force`.
  @Flag(help: "Replace whatever file is at the result's place.") package var force = false

  package init() {}
}

/// Whether a command says how far it is.
package struct QuietOption: ParsableArguments {
  /// `--quiet`.
  @Flag(help: "Print no progress.") package var quiet = false

  package init() {}
}
