import Audit
import Digests
import Manifests
import Measuring
import PackageCheck
import Planning
import Readers
import StrictJSON
import SystemPackage

/// The files of a package that say what was measured. Every value in them has a width that the plan knows, so that
/// placeholders produce files of the same size.
struct PackageDocuments {
  let plan: Plan
  let resolution: Resolution
  /// What readers make of the package, foretold from the plan.
  let readers: ReaderMatrix
  let check: CheckPlan
  /// `source/…` and `donor/…` with digests, in byte order.
  let inputs: [LockFile.File]
  /// SHA-256 of the program, to be named in `provenance.json`.
  let builder: SHA256Digest?
  /// Digests of each tensor of the drafter, in the order of their names; nil for placeholders.
  var drafterDigests: [SHA256Digest]?

  /// `audit.json`, `audit.html` and `README.md`.
  /// - Parameter outcome: the outcome of decoding; nil for a placeholder of the same length.
  func reports(
    _ measurements: [TensorMeasurement], _ outcome: CheckOutcome?
  ) throws -> [(path: String, bytes: [UInt8])] {
    let audit = AuditReport.json(plan, context, measurements)
    let document = try AuditDocument(audit, file: PackageFiles.audit)
    return [
      (PackageFiles.audit, JSONWriter.pretty(audit, sorted: false)), (AuditPage.fileName, page(document, outcome)),
      (
        PackageFiles.card, try ModelCard(plan, resolution, check: check, readers: readers).render(measurements, outcome)
      ),
    ]
  }

  /// The sizes of the same, before anything is measured.
  /// - Parameter config: the package's configuration, to be compared with the audit.
  /// - Throws: `ConversionError.contradiction(file:problems:)`.
  func sizes(against config: JSONValue?) throws -> [(path: String, bytes: Int)] {
    let (document, bytes) = try AuditReport.forecast(plan, context, file: PackageFiles.audit)
    if let config {
      try PackageConfigCheck(config: config, audit: document).require(
        file: resolution.source.path.appending(PackageFiles.config).string)
    }
    let unmeasured = plan.tensors.map(TensorMeasurement.placeholder)
    let card = try ModelCard(plan, resolution, check: check, readers: readers).render(unmeasured, nil)
    return [
      (PackageFiles.audit, bytes), (AuditPage.fileName, page(document, nil).count), (PackageFiles.card, card.count),
    ]
  }

  private var context: AuditReport.Context {
    let drafted = drafterDigests ?? resolution.drafter?.tensors.map { _ in plan.digest } ?? []
    return AuditReport.Context(
      resolution, planDigest: plan.digest, inputs: inputs, readers: readers, drafterDigests: drafted)
  }

  private func page(_ audit: AuditDocument, _ outcome: CheckOutcome?) -> [UInt8] {
    AuditPage(
      title: PackageFiles.title(resolution), audit: audit, readers: readers, decoding: .planned(check, outcome)
    ).render()
  }

  /// `provenance.json`.
  /// - Parameter subjects: every other file of the package but `SHA256SUMS`.
  func provenance(_ subjects: [(name: String, sha256: SHA256Digest)]) -> [UInt8] {
    Provenance(resolution: resolution, planDigest: plan.digest, inputs: inputs, builder: builder).render(subjects)
  }
}
