import ArgumentParser
import Diagnostics
import Files
import Foundation

/// A program: its root command, whose name and version are the program's.
package protocol Program: ParsableCommand {}

extension Program {
  /// The main function, in place of the argument parser's: parses the command line, runs the command, and turns an
  /// error into words, with `--json` into a document too, and into an exit status.
  ///
  /// A result that standard output did not take makes a success, and a verdict, a failure: see ``OutputLoss``.
  package static func main() {
    Terminal.prepare()
    ErrorDocument.prepareForShrunkFiles()
    do {
      try requireReadableArguments()
      try requireKnownCommand()
      var command = try parseAsRoot()
      // Help is where the variable is explained.
      if !CommandLine.arguments.contains(where: ["--help", "-h", "help"].contains) {
        try EnvironmentVariable.requireKnownInstructions()
        try Folder.requireCurrent()
      }
      try command.run()
      OutputLoss.endIfAny()
    } catch StorageError.stopped {
      Terminal.failInterrupted()
    } catch let error as any CambiumError {
      Terminal.fail(error.diagnostic)
    } catch is CancellationError {
      Terminal.failInterrupted()
    } catch {
      let status = exitCode(for: error)
      let text = fullMessage(for: error)
      // A bare exit code is the verdict of a result that is printed.
      if !status.isSuccess, !(error is ExitCode) {
        let said = message(for: error)
        guard status == .validationFailure else { Terminal.fail(ProgramError.failure(said: said).diagnostic) }
        let program = configuration.commandName ?? "cambium"
        ErrorDocument(ProgramError.usage(program: program, said: said).diagnostic, status: status.rawValue)
          .printIfWanted()
      }
      if status.isSuccess, !text.isEmpty { Terminal.print(text) }
      if status.isSuccess || error is ExitCode { OutputLoss.endIfAny() }
      if !status.isSuccess, !text.isEmpty { Terminal.note(text) }
      Foundation.exit(status.rawValue)
    }
  }

  /// The command as it was typed, in words that a shell takes: what continues a run that was stopped.
  package static var typedCommand: String {
    ([configuration.commandName ?? "cambium"] + CommandLine.arguments.dropFirst()).map(\.shellQuoted)
      .joined(separator: " ")
  }

  /// A word in the place of a command that is none: the parser would call it an unexpected argument.
  private static func requireKnownCommand() throws {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), !names.contains(word),
      names.count > 1
    else { return }
    let program = configuration.commandName ?? ""
    let meant = nearestName(to: word, among: names).map { "; did you mean \($0)?" } ?? ": see \(program) --help"
    throw ValidationError("there is no command \(word)" + meant)
  }

  /// Arguments are text to the parser: of one that is not UTF-8 another file's name would be made.
  private static func requireReadableArguments() throws {
    for number in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[number] else { return }
      if String(validatingCString: argument) == nil {
        throw ValidationError(
          "argument \(number), \(String(decoding: Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument))), as: UTF8.self)), is not UTF-8"
        )
      }
    }
  }
}
