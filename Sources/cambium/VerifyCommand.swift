import ArgumentParser
import Conversion
import Diagnostics
import Foundation
import PackageCheck
import Signatures
import Terminal
import SystemPackage

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Verifies a package: files, provenance, tensors, index, configuration, head, and what readers make of it.",
    discussion: """
      Example:
        cambium verify .build/demo/Cambium-Demo-MXFP4
        cambium verify PACKAGE --public-key key.pub
        cambium verify .build/demo/Cambium-Demo-MXFP4 --rederive manifests/demo.json

      \(HelpSections.exitCodes([.ok: "everything holds", .verificationFailed: "something does not hold"]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub))
      """)

  @Argument(help: "The package's folder.", completion: .directory) var package: FilePath
  @Option(
    help: ArgumentHelp("Public EC key on P-256 that model.sig must be of.", valueName: "file"), completion: .file())
  var publicKey: FilePath?
  @Option(
    help: ArgumentHelp("Manifest from which to convert once more, and compare.", valueName: "file"),
    completion: .file(extensions: ["json"])) var rederive: FilePath?
  @Option(
    help: ArgumentHelp("Folder for the second conversion; by default one beside the package.", valueName: "folder"),
    completion: .directory) var scratch: FilePath?
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var format: JSONOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    if scratch != nil, rederive == nil { throw ValidationError("--scratch needs --rederive") }
  }

  func run() throws {
    let path = package.absolute
    var report = try PackageVerifier(path: path, threads: parallel.threads).verify()
    if let publicKey {
      let signature = path.appending(ModelSignature.fileName)
      do {
        let statement = try ModelSignature.verify(folder: path, publicKey: publicKey, signature: signature)
        report.add("signature", scope: "\(statement.resources.count) files", problems: [])
      } catch let error as any CambiumError {
        report.add("signature", scope: ModelSignature.fileName, problems: [words(error.diagnostic)])
      }
    }
    if let rederive {
      let folder = scratch?.absolute ?? path.appending(suffix: ".rederived")
      let options = RunOptions(threads: parallel.threads, pipelineFolders: pipelines.folders(manifest: rederive))
      try Rederivation(package: path, manifest: rederive, scratch: folder, options: options).check(&report)
    }
    format.print(json: report.json, text: report.text)
    if !report.isGood { throw ExitCode(ExitStatus.verificationFailed.rawValue) }
  }

  private func words(_ diagnostic: Diagnostic) -> String {
    let parts = diagnostic.parts.filter { $0.label != "next" }.map { "\($0.label) \($0.text)" }
    return "\(diagnostic.code): \(diagnostic.summary): " + parts.joined(separator: ", ")
  }
}
