import Audit
import Manifests
import Measuring
import Planning
import Readers
import SystemPackage

/// Every file of the package with its size to the byte: the plan's weight files, those that follow from the plan, and
/// those whose size is known before what they say is measured. The plan's digest does not contain these sizes.
public struct Forecast: Sendable {
  /// Weight files first, in the order of the plan; then the others by path.
  public let files: [PlannedFile]
  /// What readers will make of the package.
  package let readers: ReaderMatrix
  /// Whether decoding is checked.
  package let check: CheckPlan

  /// Bytes of the package.
  public var outputBytes: Int { files.reduce(0) { $0 + $1.bytes } }

  /// The planned size of a file; nil for one that is not planned.
  func bytes(of path: String) -> Int? { files.first { $0.path == path }?.bytes }

  /// - Parameter recordsBuilder: whether `provenance.json` names the program by its digest.
  /// - Throws: `ConversionError` when a reader that the manifest requires cannot load the package; `FileError` and
  ///   `JSONError` for a sidecar of the source.
  init(_ plan: Plan, _ resolution: Resolution, recordsBuilder: Bool) throws {
    let known = try KnownFiles(plan, resolution)
    readers = ReaderMatrix(try PackageView(plan, known, resolution), required: resolution.requiredReaders)
    try resolution.requireReaders(readers)
    check = try CheckPlan(plan, resolution)
    let digest = plan.digest
    let documents = PackageDocuments(
      plan: plan, resolution: resolution, readers: readers, check: check,
      inputs: try InputFile.all(resolution).map {
        LockFile.File(path: $0.name, bytes: $0.bytes, sha256: digest.hex, digest: $0.digest)
      }, builder: recordsBuilder ? digest : nil)
    var files = known.files
    files += try documents.sizes(against: known.document(PackageFiles.config)).map {
      PlannedFile(path: $0.path, bytes: $0.bytes, content: .measured)
    }
    let provenance = documents.provenance((plan.weightFiles + files.map(\.path)).map { (name: $0, sha256: digest) })
    files.append(PlannedFile(path: PackageFiles.provenance, bytes: provenance.count, content: .measured))
    let sums = (plan.weightFiles + files.map(\.path)).reduce(0) { $0 + 64 + 2 + $1.utf8.count + 1 }
    files.append(PlannedFile(path: PackageFiles.sums, bytes: sums, content: .measured))
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    self.files = plan.weights.map { PlannedFile(path: $0.path, bytes: $0.bytes, content: .weights) } + files
  }
}
