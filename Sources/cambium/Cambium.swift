import ArgumentParser
import Diagnostics

@main
struct Cambium: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cambium",
    abstract: "Converts Qwen3-Next, Qwen3.5 and Qwen3.6 checkpoints to MLX packages, MTP head included, and proves it.",
    discussion: """
      Example:
        cambium run manifests/demo.json

      Exit codes: 0 ok, 1 failure, 2 verification says no, 64 usage, 65 bad input, 66 missing input, 74 I/O,
      75 stopped and resumable, 130 interrupted.
      """,
    version: "cambium \(Tool.version)",
    subcommands: [
      InitCommand.self, InspectCommand.self, PlanCommand.self, RunCommand.self, StatusCommand.self, VerifyCommand.self,
      SignCommand.self, AuditCommand.self, DiffCommand.self, PackageCommand.self, UnpackCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any CambiumError {
      Terminal.fail(error.diagnostic)
    } catch {
      let status = exitCode(for: error)
      if Terminal.wantsJSON, !status.isSuccess, !(error is ExitCode) {
        Terminal.printError(
          [
            ("code", .string(status == .validationFailure ? "E_USAGE" : "E_FAILURE")),
            ("summary", .string(message(for: error))),
          ], exit: status.rawValue)
      }
      exit(withError: error)
    }
  }
}
