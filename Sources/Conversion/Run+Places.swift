import Files
import Planning
import SystemPackage

extension Run {
  /// Refuses places that could not be published to, or whose use would damage a package, before anything is converted.
  /// - Throws: `ConversionError.workPlace(work:output:)`, `StorageError.resultPlace`.
  func requirePlaces() throws {
    for output in outputs {
      let (inner, outer) = (work.resolvingLinks, output.resolvingLinks)
      guard !inner.starts(with: outer), !outer.starts(with: inner) else {
        throw ConversionError.workPlace(work: work, output: output)
      }
    }
    for place in [resolution.output, work] { try Folder.requireOutsidePackages(place) }
  }

  /// The folders that a command makes from this run on.
  private var outputs: [FilePath] {
    guard resolution.target == .package else { return [resolution.output] }
    return PackageTarget.all(resolution.manifest).map { resolution.output.appending(suffix: $0.suffix) }
  }
}
