import Diagnostics
import PackageCheck
import Planning
import Readers
import SystemPackage

extension PackageStage {
  /// Asks of a finished folder everything that `verify` asks, before it is published: one function decides both. The
  /// digests of its bytes were made while they were written. A drafter's folder that the manifest asks for comes next.
  /// - Throws: ``VerificationError/unverifiable(output:check:problems:)``.
  func requireVerifiable(_ folder: FilePath) throws {
    let report = try PackageVerifier(unpublished: folder, drafter: PackageView.drafter(resolution)).verify()
    guard let bad = report.checks.first(where: { !$0.problems.isEmpty }) else { return }
    throw VerificationError.unverifiable(
      output: resolution.output.string, check: "\(bad.name): \(bad.scope)", problems: bad.problems)
  }
}
