import Audit
import Digests
import Files
import Foundation
import Planning
import Streaming
import StrictJSON
import Threads
import Workspace

/// Publishes the package: every file under a temporary folder, synced, then one rename. Weights are linked from the
/// work folder where the file system allows it, else copied.
struct PackageStage: Stage {
  let name = StageName.package
  let folder: WorkFolder
  let plan: Plan
  let forecast: Forecast
  let resolution: Resolution
  let spans: WeightSpans
  let units: FinishedUnits
  let inputs: RunInputs
  /// SHA-256 of the program, to be named in `provenance.json`.
  let builder: SHA256Digest?
  let observer: any RunObserver
  /// The command that continues a stopped run, for messages.
  let resumeCommand: String

  func parameters() -> JSONValue {
    .object([
      ("plan_sha256", .string(plan.digest.hex)),
      ("manifest_sha256", .string(resolution.manifest.digest.hex)),
      ("pipeline_sha256", .string(resolution.pipeline.digest.hex)),
      ("builder_sha256", builder.map { .string($0.hex) } ?? .null),
    ])
  }

  func inputRecords() throws -> [FileRecord] {
    try inputs.records() + folder.outputRecords(of: .quantize) + folder.outputRecords(of: .verify)
      + folder.outputRecords(of: .check)
  }

  var outputFolder: String { resolution.output }

  func run() throws -> [FileRecord] {
    let output = resolution.output
    observer.began(name, bytes: forecast.outputBytes)
    let measured = try Measurements(folder, plan)
    let files = try contents(measured)
    let expected = try records(files, measured)
    if FileManager.default.fileExists(atPath: output) {
      if try holds(output, expected) { return expected }
      try requireOwn(output)
    }
    let partial = PackageStage.partial(output, work: folder.path)
    try fill(partial, files)
    try requireVerifiable(partial)
    try Ownership(work: folder.path).claim(output, sums: try PackageStage.sumsDigest(partial))
    if FileManager.default.fileExists(atPath: output) { try Folder.removeTree(output) }
    try Folder.renameNoReplace(partial, output)
    try syncFolder(URL(fileURLWithPath: output).deletingLastPathComponent().path)
    // A link changes the time of the file it points to, not its bytes: what was digested needs no second look.
    let list = try units.list()
    for (number, file) in plan.weights.enumerated() {
      let path = folder.folder(.quantize) + "/" + file.path
      try inputs.digests.remember(list.receiptDigest(ofFile: number, plan, spans), .units, ofFileAt: path)
    }
    for (file, record) in zip(files, expected) {
      if case .file = file.source { try inputs.digests.remember(record.sha256, ofFileAt: output + "/" + file.path) }
    }
    return expected
  }

  /// Puts the files into a new folder, and syncs it.
  private func fill(_ partial: String, _ files: [PackageFile]) throws {
    try Folder.removeTree(partial)
    try Folder.create(partial)
    for file in files {
      if StopSignal.shared.isRequested { throw ConversionError.stopped(resume: resumeCommand) }
      let target = partial + "/" + file.path
      switch file.source {
      case .bytes(let bytes): try AtomicFile.write(bytes, to: target)
      case .file(let path): _ = try linkOrCopy(from: path, to: target)
      case .copy(let path):
        try AtomicFile.write(ReadOnlyFile(path: path).readAll(limit: 1 << 30), to: target)
      }
      let bytes = try ReadOnlyFile(path: target).size
      guard bytes == file.bytes else {
        throw ConversionError.forecastMissed(file: target, planned: file.bytes, actual: bytes)
      }
      observer.advanced(name, bytes: bytes, item: file.path)
    }
    try syncFolder(partial)
  }

  func finish() throws {
    try Ownership(work: folder.path).settle(resolution.output, sums: try PackageStage.sumsDigest(resolution.output))
  }

  func conclude(_ summary: inout RunSummary) throws {
    summary.packageBytes = forecast.outputBytes
    if let check = summary.check { try CheckStage.publish(check, resolution) }
  }

  private static func sumsDigest(_ folder: String) throws -> SHA256Digest {
    try digestOfFile(atPath: folder + "/" + PackageFiles.sums).digest
  }

  // MARK: what is published

  private struct PackageFile {
    enum Source {
      case bytes([UInt8])
      /// A finished file of the work folder.
      case file(String)
      /// A sidecar of the source.
      case copy(String)
    }
    let path: String
    let bytes: Int
    let source: Source
  }

  private func contents(_ measured: Measurements) throws -> [PackageFile] {
    let documents = PackageDocuments(
      plan: plan, resolution: resolution, readers: forecast.readers, check: forecast.check,
      inputs: try inputs.lockedFiles(), builder: builder)
    let reports = try documents.reports(
      measured.tensors, CheckOutcome.read(path: folder.folder(.check) + "/" + CheckOutcome.fileName))
    var files = forecast.files.compactMap { file -> PackageFile? in
      let source: PackageFile.Source
      switch file.content {
      case .weights: source = .file(folder.folder(.quantize) + "/" + file.path)
      case .copied(let path): source = .copy(path)
      case .generated(let bytes): source = .bytes(bytes)
      case .measured:
        guard let report = reports.first(where: { $0.path == file.path }) else { return nil }
        source = .bytes(report.bytes)
      }
      return PackageFile(path: file.path, bytes: file.bytes, source: source)
    }
    let subjects = try records(files, measured).map { (name: $0.path, sha256: $0.sha256) }
    files.append(made(PackageFiles.provenance, documents.provenance(subjects)))
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let sums = try records(files, measured).map { "\($0.sha256.hex)  \($0.path)\n" }.joined()
    return [made(PackageFiles.sums, Array(sums.utf8))] + files
  }

  /// A file that is made of the others.
  private func made(_ path: String, _ bytes: [UInt8]) -> PackageFile {
    PackageFile(path: path, bytes: forecast.bytes(of: path) ?? 0, source: .bytes(bytes))
  }

  private func records(_ files: [PackageFile], _ measured: Measurements) throws -> [FileRecord] {
    try files.map { file in
      switch file.source {
      case .bytes(let bytes):
        guard bytes.count == file.bytes else {
          throw ConversionError.forecastMissed(file: file.path, planned: file.bytes, actual: bytes.count)
        }
        return FileRecord(path: file.path, bytes: bytes.count, sha256: SHA256Digest.of(bytes))
      case .file(let path):
        guard let digest = measured.digest(ofFile: file.path) else {
          throw ConversionError.workFile(
            file: folder.folder(.verify) + "/" + Measurements.fileName, expected: "the digest of \(file.path)",
            found: "none")
        }
        return FileRecord(path: file.path, bytes: try ReadOnlyFile(path: path).size, sha256: digest)
      case .copy(let path):
        let (digest, bytes) = try inputs.digests.digest(ofFileAt: path)
        return FileRecord(path: file.path, bytes: bytes, sha256: digest)
      }
    }
  }

  // MARK: an output that is there already

  /// Beside the output, with a name of the work folder's own: two runs with one output must not build in one folder.
  private static func partial(_ output: String, work: String) -> String {
    let url = URL(fileURLWithPath: output)
    let mark = SHA256Digest.of(Array(work.utf8)).hex.prefix(8)
    return url.deletingLastPathComponent().path + "/.\(url.lastPathComponent).\(mark).cambium-partial"
  }

  /// Whether a folder holds exactly these files.
  private func holds(_ folder: String, _ files: [FileRecord]) throws -> Bool {
    guard try Folder.entries(folder) == files.map(\.path).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    else {
      return false
    }
    for file in files {
      let (digest, bytes) = try inputs.digests.digest(ofFileAt: folder + "/" + file.path)
      if digest != file.sha256 || bytes != file.bytes { return false }
    }
    return true
  }

  /// Replacing needs proof that what stands there was published from this work folder.
  private func requireOwn(_ output: String) throws {
    guard Ownership(work: folder.path).covers(output) else {
      throw ConversionError.outputExists(path: output, found: "a folder that this work folder did not publish")
    }
    observer.note("\(output) is an earlier result of this work folder and is replaced")
  }
}
