import Diagnostics
import PackageCheck
import Planning

extension PackageStage {
  /// Asks of a finished folder everything that `verify` asks, before it is published: one function decides both. The
  /// digests of its bytes were made while they were written.
  /// - Throws: ``ConversionError/verification(summary:file:tensor:expected:found:next:)``.
  func requireVerifiable(_ folder: String) throws {
    let report = try PackageVerifier(path: folder, threads: 1, mayTrustBytes: true).verify()
    guard let bad = report.checks.first(where: { !$0.problems.isEmpty }) else { return }
    throw ConversionError.verification(
      summary: "verify would refuse the package, so it is not published", file: resolution.output, tensor: nil,
      expected: "no problem in \(bad.name): \(bad.scope)",
      found: bad.problems.prefix(4).joined(separator: "; ")
        + (bad.problems.count > 4 ? " and \(bad.problems.count - 4) more" : ""),
      next: "if the source is as it was released, this is a fault in cambium: please report it with the manifest")
  }
}
