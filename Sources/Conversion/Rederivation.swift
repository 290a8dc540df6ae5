import Digests
import Files
import Manifests
import PackageCheck
import Planning
import StrictJSON
import SystemPackage

/// Converts once more from the sources that a manifest names, and compares with a package, file by file.
///
/// Nothing but the scratch folder is written; it is removed afterwards. Equal sums mean that the package is what this
/// program makes of these sources, whoever made it.
public struct Rederivation {
  private let package: FilePath
  private let manifest: FilePath
  private let scratch: FilePath
  private let options: RunOptions

  /// - Parameters:
  ///   - package: The package that is to be made anew.
  ///   - manifest: Its manifest, whose source and donor are there.
  ///   - scratch: A folder that does not exist; it takes a package and a work folder.
  ///   - options: Threads and memory of the run.
  public init(package: FilePath, manifest: FilePath, scratch: FilePath, options: RunOptions) {
    self.package = package
    self.manifest = manifest
    self.scratch = scratch
    self.options = options
  }

  /// - Throws: what a run throws; `ConversionError.outputExists(path:found:)` when the scratch folder is there.
  public func check(_ report: inout VerificationReport) throws {
    guard !scratch.exists else { throw ConversionError.outputExists(path: scratch, found: "a folder") }
    let stated = try? JSONValue.parse(
      ReadOnlyFile(path: package.appending(PackageFiles.provenance)).readAll(limit: 64 << 20), file: package.string)
    let predicate = stated?["predicate"]
    let external = predicate?["buildDefinition"]?["externalParameters"]
    let own = try Manifest(path: manifest).digest.hex
    if let other = external?["manifest"]?["sha256"]?.stringValue, other != own {
      report.add(
        "rederivation", scope: "none",
        problems: ["\(manifest): sha256 \(own), the package was made with the manifest \(other)"])
      return
    }
    var options = options
    let target = predicate?["buildDefinition"]?["internalParameters"]?["target"]?.stringValue
    options.target = target.flatMap(PackageTarget.init) ?? .package
    // The statement names the program that made the package; what that program was cannot be derived again.
    let builder = predicate?["runDetails"]?["builder"]?["builderDependencies"]?.arrayValue?.first
    options.builder = (builder?["digest"]?["sha256"]?.stringValue).flatMap { SHA256Digest(hex: $0) }
    options.output = scratch.appending("package")
    options.work = scratch.appending("work")
    options.pins = false
    try Folder.create(scratch)
    defer { try? Folder.removeTree(scratch) }
    let run = try Run(manifest: manifest, options: options)
    _ = try run.execute(SilentRun())
    let problems = try differences(from: run.resolution.output)
    report.add(
      "rederivation", scope: "\(run.forecast.files.count) files made anew from the sources", problems: problems)
  }

  private func differences(from other: FilePath) throws -> [String] {
    let ours = try sums(package)
    let theirs = try sums(other)
    let changed = ours.entries.compactMap { entry -> String? in
      guard let made = theirs[entry.name] else { return "\(entry.name): is not made of these sources" }
      return made == entry.sha256 ? nil : "\(entry.name): sha256 \(entry.sha256.hex), made anew \(made.hex)"
    }
    return changed + theirs.entries.filter { ours[$0.name] == nil }.map { "\($0.name): is missing" }
  }

  private func sums(_ folder: FilePath) throws -> ChecksumList {
    let file = folder.appending(PackageFiles.sums)
    do {
      return try ChecksumList(reading: ReadOnlyFile(path: file).readAll(limit: 16 << 20))
    } catch let error as ChecksumList.Malformed {
      throw ConversionError.packageForm(
        file: file.string, expected: "\(error.expected) in line \(error.line)", found: error.found)
    }
  }
}

/// Hears and says nothing.
private struct SilentRun: RunObserver {
  func began(_ stage: StageName, bytes: Int) {}
  func advanced(_ stage: StageName, bytes: Int, item: String) {}
  func ended(_ stage: StageName, reused: Bool) {}
  func note(_ text: String) {}
}
