import Audit
import Files
import Planning
import SystemPackage

extension Run {
  /// Refuses before the work what would be refused after it. Writes nothing: `init`, `plan` and `run --dry-run` ask the
  /// same, so that a run does what they accept.
  /// - Throws: `ConversionError`, `StorageError`, `FileError`.
  public func requirePossible() throws {
    try requireOwnNames()
    if try checkReport.exists, try !CheckOutcome.isAt(checkReport) {
      throw ConversionError.outputExists(path: checkReport, found: "a file that is no report of a decode check")
    }
    try place.refuseForeign(mayStay: true)
    // An output that is there may stay as it is.
    if options.until == .package, try !place.isTaken { try Folder.requireWritable(above: place.path) }
    try WorkFolder(path: work).requireOwn()
    if try linkStatus(work) == nil { try Folder.requireWritable(above: work) }
    // Its name is longer than the manifest's.
    if options.pins { _ = try linkStatus(resolution.lockPath) }
    if writesReport, try linkStatus(checkReport) == nil { try Folder.requireWritable(above: checkReport) }
    try requirePossibleCheck()
  }

  /// The same as ``requirePossible()``, for every folder that the manifest asks for.
  public func requireAllPossible() throws {
    try requirePossible()
    for target in PackageTarget.all(resolution.manifest).dropFirst() { try beside(target).requirePossible() }
  }

  /// Refuses a place of the manifest, or of the lock file beside it, for anything that is made: `init` asks before the
  /// manifest is there.
  private func requireOwnNames() throws {
    let manifest = resolution.manifest.path
    let kept = [(manifest, "the manifest"), (resolution.lockPath, "the lock file of the manifest")]
    for made in [place.path, work, checkReport] {
      for (path, what) in kept where made.resolvingLinks == path.resolvingLinks {
        throw ConversionError.outputExists(path: made, found: "the place of \(what), \(path)")
      }
    }
  }

  /// Where the outcome of the decode check goes.
  private var checkReport: FilePath { CheckStage.beside(resolution) }

  /// Whether a report of the decode check is put beside the package.
  private var writesReport: Bool {
    options.until == .package && resolution.target == .package
      && (resolution.check != nil || resolution.leavesCheckOut)
  }

  /// Refuses places that could not be published to, or whose use would damage a package, before anything is converted.
  /// - Throws: `ConversionError.workPlace(work:output:)`, `StorageError.resultPlace`.
  func requirePlaces() throws {
    for output in outputs {
      guard try !work.isInside(output), try !output.isInside(work) else {
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
