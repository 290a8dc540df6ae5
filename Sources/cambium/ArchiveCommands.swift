import Archive
import ArgumentParser
import Foundation
import StrictJSON
import Threads

struct PackageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "package", abstract: "Makes one file of a package: a .tar.zst with the same bytes each time.",
    discussion: """
      Every file is held against SHA256SUMS on the way. cambium unpack restores the folder; so do zstd and tar.

      Example:
        cambium package PACKAGE --archive
      """)

  @Argument(help: "The package's folder.", completion: .directory) var package: String
  @Flag(help: "Write the archive PACKAGE.tar.zst.") var archive = false
  @Option(help: ArgumentHelp("Another name for the archive.", valueName: "file")) var output: String?
  @Option(help: "Threads; without effect on the result.") var threads: Int = ProcessInfo.processInfo
    .activeProcessorCount
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws {
    try requireThreads(threads)
    guard archive else { throw ValidationError("say --archive: a package's folder itself is made by cambium run") }
  }

  func run() throws {
    StopSignal.shared.install()
    let folder = package.absolutePath
    let path = output?.absolutePath ?? folder + ".tar.zst"
    let result = try ArchiveWriter(folder: folder, threads: threads).write(to: path) { StopSignal.shared.isRequested }
    guard json else {
      return Terminal.print(
        "\(result.files) files, \(result.plainBytes) bytes, archived in \(result.bytes)\nsha256  \(result.sha256.hex)\n\(path)"
      )
    }
    Terminal.print(
      .object([
        ("cambium_archive", .int(1)), ("path", .string(path)), ("bytes", .int(result.bytes)),
        ("sha256", .string(result.sha256.hex)), ("files", .int(result.files)), ("plain_bytes", .int(result.plainBytes)),
      ]))
  }
}

struct UnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack", abstract: "Restores a package from its archive, and verifies it on the way.",
    discussion: """
      The folder appears when everything in it is right, or not at all.

      Example:
        cambium unpack PACKAGE.tar.zst
      """)

  @Argument(help: "The archive.", completion: .file(extensions: ["zst"])) var archive: String
  @Option(
    help: ArgumentHelp("The folder to make; by default one of the archive's own name, here.", valueName: "folder"))
  var output: String?
  @Option(help: "Threads; without effect on the result.") var threads: Int = ProcessInfo.processInfo
    .activeProcessorCount
  @Flag(help: "Print the result as JSON.") var json = false

  func validate() throws { try requireThreads(threads) }

  func run() throws {
    StopSignal.shared.install()
    let result = try ArchiveReader(path: archive.absolutePath, threads: threads).unpack(
      to: output?.absolutePath, in: ".".absolutePath
    ) { StopSignal.shared.isRequested }
    guard json else {
      return Terminal.print("\(result.files) files, \(result.bytes) bytes, as SHA256SUMS lists them\n\(result.path)")
    }
    Terminal.print(
      .object([
        ("cambium_unpack", .int(1)), ("path", .string(result.path)), ("files", .int(result.files)),
        ("bytes", .int(result.bytes)),
      ]))
  }
}
