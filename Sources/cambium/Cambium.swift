import ArgumentParser
import Diagnostics
import Terminal

@main
struct Cambium: Program {
  static let configuration = CommandConfiguration(
    commandName: "cambium",
    abstract:
      "Converts Qwen3-Next, Qwen3.5 and Qwen3.6 checkpoints to MLX packages with their MTP heads, and proves them.",
    discussion: """
      Example:
        cambium run manifests/demo.json

      \(HelpSections.exitCodes([
        .verificationFailed: "verification says no",
        .resumable: "stopped, or another run has the folder: run the same command again",
      ]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub + EnvironmentVariable.network + EnvironmentVariable.common))
      """,
    version: ProgramVersion.text("cambium"),
    subcommands: [
      InitCommand.self, InspectCommand.self, PlanCommand.self, MeasureCommand.self, CalibrateCommand.self,
      RunCommand.self, MergeCommand.self, StatusCommand.self, VerifyCommand.self, SignCommand.self, AuditCommand.self,
      DiffCommand.self,
      PackageCommand.self, UnpackCommand.self, FetchCommand.self, PipelinesCommand.self, CleanCommand.self,
      SchemaCommand.self,
    ])
}
