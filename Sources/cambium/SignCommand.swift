import ArgumentParser
import Diagnostics
import Foundation
import PackageCheck
import Planning
import Signatures
import StrictJSON
import Terminal
import Threads
import SystemPackage

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Signs a package with your key, in the format of OpenSSF Model Signing.",
    discussion: """
      The signature is model.sig in the package. Others verify it with the public key:
        cambium verify PACKAGE --public-key key.pub
        model_signing verify key PACKAGE --signature PACKAGE/model.sig \\
            --public_key key.pub

      Example:
        openssl ecparam -name prime256v1 -genkey -noout -out key.pem
        openssl ec -in key.pem -pubout -out key.pub
        cambium sign PACKAGE --key key.pem

      A key under a password is opened by openssl, which asks for it:
        openssl ec -in key.pem | cambium sign PACKAGE --key -

      \(HelpSections.exitCodes([.verificationFailed: "the package does not verify: it is not signed"]))
      """)

  @Argument(help: "The package's folder.", completion: .directory) var package: FilePath
  @Option(
    help: ArgumentHelp("A private EC key on P-256, as PEM; - for standard input.", valueName: "file"),
    completion: .file())
  var key: FilePath
  @Option(
    help: ArgumentHelp("The signature; by default model.sig in the package.", valueName: "file"), transform: resultFile)
  var signature: FilePath?
  @OptionGroup var parallel: ThreadOptions
  @OptionGroup var force: ForceOption
  @OptionGroup var format: JSONOption
  @OptionGroup var progress: QuietOption

  func run() throws {
    let folder = package.absolute
    let target = signature?.absolute ?? folder.appending(ModelSignature.fileName)
    // A signature over a package that does not hold would vouch for it.
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let report = try PackageVerifier(path: folder, threads: parallel.threads, observer: line).verify()
    line.clear()
    if let bad = report.checks.first(where: { !$0.problems.isEmpty }) {
      throw VerificationError.signsUnverified(folder: folder, check: bad.name, problems: bad.problems)
    }
    let statement = try signed(folder, to: target)
    if format.json {
      Terminal.print(
        .object([
          ("cambium_sign", .int(1)), ("signature", .string(target.string)), ("files", .int(statement.resources.count)),
          ("root_sha256", .string(statement.root.hex)),
        ]))
    } else {
      let files = Fixed.counted(statement.resources.count, "file")
      Terminal.print("\(files), sha256 over all: \(statement.root.hex)\n\(target)")
    }
  }

  private func signed(_ folder: FilePath, to target: FilePath) throws -> SigningStatement {
    guard key.string == "-" else {
      return try ModelSignature.sign(folder: folder, key: key, to: target, force: force.force)
    }
    // A person who types the key's text may change their mind.
    StopSignal.shared.install()
    let text = String(decoding: try Terminal.input(), as: UTF8.self)
    let key = try SigningKey(pem: text, from: "standard input")
    return try ModelSignature.sign(folder: folder, with: key, to: target, force: force.force)
  }
}
