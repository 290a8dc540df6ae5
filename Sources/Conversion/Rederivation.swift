import Audit
import Diagnostics
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

  /// - Throws: what a run throws; `StorageError.targetExists` when the scratch folder is there.
  public func check(_ report: inout VerificationReport, observer: (any RunObserver)? = nil) throws {
    guard try !scratch.exists else { throw StorageError.targetExists(path: scratch) }
    let statement: ProvenanceStatement
    do {
      let file = package.appending(PackageFiles.provenance)
      let json = try JSONValue.parse(ReadOnlyFile(path: file).readAll(limit: 64 << 20), file: file.string)
      statement = try ProvenanceStatement(json, file: file.string)
    } catch {
      report.add("rederivation", scope: "none", problems: ["\(PackageFiles.provenance): \(Diagnostic.words(error))"])
      return
    }
    let own = try Manifest(path: manifest).digest.hex
    guard statement.manifest == own else {
      report.add(
        "rederivation", scope: "none",
        problems: ["\(manifest): sha256 \(own), the package was made with the manifest \(statement.manifest)"])
      return
    }
    var options = options
    options.target = statement.target
    // The statement names the program that made the package; what that program was cannot be derived again.
    options.builder = statement.builder
    options.leavesCheckOut = statement.leavesCheckOut
    options.output = scratch.appending("package")
    options.work = scratch.appending("work")
    options.pins = false
    try Folder.create(scratch)
    defer { try? Folder.removeTree(scratch) }
    let run = try Run(manifest: manifest, options: options)
    _ = try run.execute(observer ?? SilentRun())
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
struct SilentRun: RunObserver {
  func began(_ stage: StageName, bytes: Int) {}
  func advanced(_ stage: StageName, bytes: Int, item: String) {}
  func ended(_ stage: StageName, reused: Bool) {}
  func note(_ text: String) {}
}
