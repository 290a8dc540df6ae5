import ArgumentParser
import Terminal

@main
struct VerifyRunner: Program {
  static let configuration = CommandConfiguration(
    commandName: "verify-runner",
    abstract: "Runs a package on the CPU, and proves that its MTP head changes no token.",
    discussion: """
      Example:
        verify-runner check PACKAGE
        verify-runner generate PACKAGE --chat "What is 5 * 11?"

      \(HelpSections.exitCodes([.verificationFailed: "the check says no"]))

      \(HelpSections.environment(EnvironmentVariable.hub + EnvironmentVariable.common))
      """,
    version: ProgramVersion.text("verify-runner"),
    subcommands: [
      CheckCommand.self, CompareCommand.self, GenerateCommand.self, ChatCommand.self, ServeCommand.self,
      BenchCommand.self, BenchServeCommand.self, TraceCommand.self, TokenizeCommand.self,
    ])
}
