import Archive
import ArgumentParser
import Conversion
import Diagnostics
import Digests
import Files
import Foundation
import PackageCheck
import Planning
import Signatures
import Terminal
import Threads
import SystemPackage

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Verifies a package: files, provenance, tensors, index, configuration, head, and which readers load it.",
    discussion: """
      Example:
        cambium verify .build/demo/Cambium-Demo-MXFP4
        cambium verify PACKAGE --public-key key.pub
        cambium verify PACKAGE.tar.zst
        cambium verify .build/demo/Cambium-Demo-MXFP4 --rederive manifests/demo.json

      \(HelpSections.exitCodes([.ok: "every check passed", .verificationFailed: "a check failed"]))

      \(HelpSections.environment([.pipelines] + EnvironmentVariable.hub))
      """)

  @Argument(
    help: "The package's folder, or its archive, which is unpacked next to it for a while.", completion: .file())
  var package: FilePath
  @Option(
    help: ArgumentHelp("The public key, EC on P-256, whose signature model.sig must be.", valueName: "file"),
    completion: .file())
  var publicKey: FilePath?
  @Option(
    help: ArgumentHelp("Convert once more from this manifest, and compare.", valueName: "file"),
    completion: .file(extensions: ["json"])) var rederive: FilePath?
  @Option(
    help: ArgumentHelp("Folder for the second conversion; by default next to the package.", valueName: "folder"),
    completion: .directory) var scratch: FilePath?
  @OptionGroup var sources: SourceOptions
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption
  @OptionGroup var pipelines: PipelineOptions

  func validate() throws {
    if scratch != nil, rederive == nil { throw ValidationError("--scratch needs --rederive") }
    if sources.source != nil || sources.donor != nil, rederive == nil {
      throw ValidationError("--source and --donor need --rederive")
    }
  }

  func run() throws {
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let path = package.absolute
    guard path.name.hasBytes(atEnd: ".tar.zst"), try path.exists, try !path.isFolder else {
      return try verify(path, line)
    }
    StopSignal.shared.install()
    let folder = path.appending(suffix: ".verified")
    let unpacked = try ArchiveReader(path: path, threads: parallel.threads).unpack(
      to: folder, in: path.folder, observer: line
    ) { StopSignal.shared.isRequested }
    defer {
      do {
        try Folder.removeTree(unpacked.path)
      } catch {
        Terminal.note("note: \(unpacked.path) could not be removed: \(error.diagnostic.summary)")
      }
    }
    try verify(unpacked.path, line)
  }

  private func verify(_ path: FilePath, _ line: ProgressLine) throws {
    // Without its key there is nothing to say of a signature: no verdict, but the reason.
    let key = try publicKey.map(VerifyingKey.init)
    var report = try PackageVerifier(
      path: path, threads: parallel.threads, isStopped: { StopSignal.shared.isRequested }, observer: line
    ).verify()
    try checkSignature(path, key, &report)
    if let rederive {
      let folder = scratch?.absolute ?? path.appending(suffix: ".rederived")
      var options = RunOptions(threads: parallel.threads, pipelineFolders: try pipelines.folders(manifest: rederive))
      sources.enter(&options)
      try Rederivation(package: path, manifest: rederive, scratch: folder, options: options).check(
        &report, observer: RunProgress(line))
    }
    // Who has the key's word, or has made every file anew, has held all of it.
    if report.isGood, publicKey != nil || rederive != nil { report.holdAll() }
    line.clear()
    format.print(json: report.json, text: report.text)
    if !report.isGood { throw ExitCode(ExitStatus.verificationFailed.rawValue) }
  }

  /// Checks the signature. With a key it must be there, of this key and of these files. Without one it may be missing;
  /// one that is there must state these files, and the report says that nobody has looked whose it is.
  private func checkSignature(_ path: FilePath, _ key: VerifyingKey?, _ report: inout VerificationReport) throws {
    let signature = path.appending(ModelSignature.fileName)
    do {
      if let key {
        let statement = try ModelSignature.verify(folder: path, key: key, signature: signature)
        report.add("signature", scope: Fixed.counted(statement.resources.count, "file"), problems: [])
      } else if try Folder.entries(path).contains(where: { $0.utf8.elementsEqual(ModelSignature.fileName.utf8) }) {
        let statement = try ModelSignature.stated(in: signature)
        try statement.requireSame(try listedFiles(path), folder: path)
        let files = Fixed.counted(statement.resources.count, "file")
        let scope = "\(files) as stated; whose it is was not checked without --public-key"
        report.add("signature", scope: scope, problems: [])
      }
    } catch let error as any CambiumError {
      report.add("signature", scope: ModelSignature.fileName, problems: [words(error.diagnostic)])
    }
  }

  /// The files of a package by its list, which verification has compared with their bytes, and the list itself.
  private func listedFiles(_ path: FilePath) throws -> [SigningStatement.Resource] {
    let bytes = try ReadOnlyFile(path: path.appending(PackageFiles.sums)).readAll(limit: 16 << 20)
    let entries = (try? ChecksumList(reading: bytes))?.entries ?? []
    return entries.map { SigningStatement.Resource(name: $0.name, sha256: $0.sha256) }
      + [SigningStatement.Resource(name: PackageFiles.sums, sha256: .of(bytes))]
  }

  private func words(_ diagnostic: Diagnostic) -> String {
    let parts = diagnostic.parts.filter { $0.label != "next" }.map { "\($0.label) \($0.text)" }
    return "\(diagnostic.code): \(diagnostic.summary): " + parts.joined(separator: ", ")
  }
}
