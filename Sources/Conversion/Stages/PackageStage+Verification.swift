import Diagnostics
import PackageCheck
import Planning
import SystemPackage

extension PackageStage {
  /// Asks of a finished folder everything that `verify` asks, before it is published: one function decides both. The
  /// digests of its bytes were made while they were written.
  /// - Throws: ``VerificationError/unverifiable(output:check:problems:)``.
  func requireVerifiable(_ folder: FilePath) throws {
    let report = try PackageVerifier(path: folder, threads: 1, mayTrustBytes: true).verify()
    guard let bad = report.checks.first(where: { !$0.problems.isEmpty }) else { return }
    throw VerificationError.unverifiable(
      output: resolution.output.string, check: "\(bad.name): \(bad.scope)", problems: bad.problems)
  }
}
