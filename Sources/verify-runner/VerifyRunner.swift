import ArgumentParser
import Diagnostics
import Foundation

@main
struct VerifyRunner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-runner",
    abstract: "Looks at a package as a model. So far: its tokenizer; decoding comes later.",
    discussion: """
      Example:
        verify-runner tokenize PACKAGE "def add(a, b):"
      """,
    subcommands: [TokenizeCommand.self])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any CambiumError {
      FileHandle.standardError.write(Data((error.diagnostic.text + "\n").utf8))
      Foundation.exit(error.diagnostic.exitStatus.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}
