import Archive
import ArgumentParser
import Diagnostics
import Files
import StrictJSON
import Terminal
import Threads
import SystemPackage

private let archiveCodes: [ExitStatus: String] = [
  .resumable: "stopped, and nothing is left of it: run the same command again",
  .interrupted: "ended at once by a second Ctrl-C; 143 by a second SIGTERM",
]

struct PackageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "package", abstract: "Packs a package into one .tar.zst, with the same bytes each time.",
    discussion: """
      Every file is compared with SHA256SUMS on the way. cambium unpack restores the folder; so do zstd and tar.

      Example:
        cambium package PACKAGE --archive

      \(HelpSections.exitCodes(archiveCodes))
      """)

  @Argument(help: "The package's folder.", completion: .directory) var package: FilePath
  @Flag(help: "Write the archive PACKAGE.tar.zst.") var archive = false
  @Option(help: ArgumentHelp("Another name for the archive.", valueName: "file"), transform: resultFile)
  var output: FilePath?
  @OptionGroup var force: ForceOption
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption

  func validate() throws {
    guard archive else { throw ValidationError("say --archive: a package's folder itself is made by cambium run") }
  }

  func run() throws {
    StopSignal.shared.install()
    let folder = package.absolute
    guard try folder.exists else { throw FileError.missing(path: folder) }
    let path = output?.absolute ?? folder.appending(suffix: ".tar.zst")
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let result = try ArchiveWriter(folder: folder, threads: parallel.threads).write(
      to: path, force: force.force, observer: line
    ) { StopSignal.shared.isRequested }
    line.clear()
    guard format.json else {
      return Terminal.print(
        "\(Fixed.counted(result.files, "file")), \(result.plainBytes) bytes, archived in \(result.bytes)\nsha256  \(result.sha256.hex)\n\(path)"
      )
    }
    Terminal.print(
      .object([
        ("cambium_archive", .int(1)), ("path", .string(path.string)), ("bytes", .int(result.bytes)),
        ("sha256", .string(result.sha256.hex)), ("files", .int(result.files)), ("plain_bytes", .int(result.plainBytes)),
      ]))
  }
}

struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack", abstract: "Unpacks a package from its archive, and verifies it on the way.",
    discussion: """
      The folder appears when everything in it is right, or not at all.

      Example:
        cambium unpack PACKAGE.tar.zst

      \(HelpSections.exitCodes(archiveCodes))
      """)

  @Argument(help: "The archive.", completion: .file(extensions: ["zst"])) var archive: FilePath
  @Option(
    help: ArgumentHelp("The folder to make; by default one of the archive's own name, here.", valueName: "folder"))
  var output: FilePath?
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption

  func run() throws {
    StopSignal.shared.install()
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let result = try ArchiveReader(path: archive.absolute, threads: parallel.threads).unpack(
      to: output?.absolute, in: Folder.current, observer: line
    ) { StopSignal.shared.isRequested }
    line.clear()
    guard format.json else {
      return Terminal.print(
        "\(Fixed.counted(result.files, "file")), \(result.bytes) bytes, as SHA256SUMS lists them\n\(result.path)")
    }
    Terminal.print(
      .object([
        ("cambium_unpack", .int(1)), ("path", .string(result.path.string)), ("files", .int(result.files)),
        ("bytes", .int(result.bytes)),
      ]))
  }
}
