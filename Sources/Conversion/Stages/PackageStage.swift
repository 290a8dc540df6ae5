import Digests
import Files
import Foundation
import StrictJSON
import Threads
import Workspace

/// Publishes the package: every file under a temporary folder, synced, then one rename. Weights are linked from the
/// work folder where the file system allows it, else copied.
struct PackageStage: Stage {
  let name = StageName.package

  func parameters(_ context: RunContext) -> JSONValue {
    .object([
      ("plan_sha256", .string(context.plan.digest.hex)),
      ("manifest_sha256", .string(context.resolution.manifest.digest.hex)),
      ("pipeline_sha256", .string(context.resolution.pipeline.digest.hex)),
      ("builder_sha256", context.options.builder.map { .string($0.hex) } ?? .null),
    ])
  }

  func inputs(_ context: RunContext) throws -> [FileRecord] {
    try context.inputRecords() + context.outputRecords(of: .quantize) + context.outputRecords(of: .verify)
      + context.outputRecords(of: .check)
  }

  func outputFolder(_ context: RunContext) -> String { context.resolution.output }

  func run(_ context: RunContext) throws -> [FileRecord] {
    let output = context.resolution.output
    let partial = PackageStage.partial(output, work: context.workFolder)
    context.observer.began(.package, bytes: context.plan.outputBytes)
    let files = try contents(context)
    let expected = try records(files, context)
    if FileManager.default.fileExists(atPath: output) {
      if try PackageStage.holds(output, expected, context) { return expected }
      try requireOwn(output, context)
    }
    try Folder.removeTree(partial)
    try Folder.create(partial)
    for file in files {
      if StopSignal.shared.isRequested { throw context.stopped }
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
      context.observer.advanced(.package, bytes: bytes, item: file.path)
    }
    try syncFolder(partial)
    try Ownership(work: context.workFolder).claim(output, sums: try PackageStage.sumsDigest(partial))
    if FileManager.default.fileExists(atPath: output) { try Folder.removeTree(output) }
    try Folder.renameNoReplace(partial, output)
    try syncFolder(URL(fileURLWithPath: output).deletingLastPathComponent().path)
    // A link changes the time of the file it points to, not its bytes: what was digested needs no second look.
    let units = try UnitList.of(context)
    for (number, file) in context.contents.weights.enumerated() {
      let path = context.folder(.quantize) + "/" + file.path
      try context.digests.remember(context.weightDigest(number, units), .units, ofFileAt: path)
    }
    for (file, record) in zip(files, expected) {
      if case .file = file.source { try context.digests.remember(record.sha256, ofFileAt: output + "/" + file.path) }
    }
    return expected
  }

  func finish(_ context: RunContext) throws {
    let output = context.resolution.output
    try Ownership(work: context.workFolder).settle(output, sums: try PackageStage.sumsDigest(output))
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

  private func contents(_ context: RunContext) throws -> [PackageFile] {
    let measurements = try Measurements.read(context)
    let check = try CheckOutcome.read(context)
    var files: [PackageFile] = []
    for file in context.plan.files {
      let source: PackageFile.Source
      switch file.content {
      case .weights: source = .file(context.folder(.quantize) + "/" + file.path)
      case .copied(let path): source = .copy(path)
      case .generated(let bytes): source = .bytes(bytes)
      case .measured:
        if [PackageFiles.sums, PackageFiles.provenance].contains(file.path) { continue }
        source = .bytes(try report(file.path, context, measurements, check))
      }
      files.append(PackageFile(path: file.path, bytes: file.bytes, source: source))
    }
    files.append(try provenance(of: files, context))
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let sums = try records(files, context).map { "\($0.sha256.hex)  \($0.path)\n" }.joined()
    let planned = context.plan.files.first { $0.path == PackageFiles.sums }?.bytes ?? 0
    return [PackageFile(path: PackageFiles.sums, bytes: planned, source: .bytes(Array(sums.utf8)))] + files
  }

  /// `provenance.json`, whose subjects are the other files.
  private func provenance(of files: [PackageFile], _ context: RunContext) throws -> PackageFile {
    let planned = context.plan.files.first { $0.path == PackageFiles.provenance }?.bytes ?? 0
    let subjects = try records(files, context).map { (name: $0.path, sha256: $0.sha256) }
    let bytes = Provenance(
      resolution: context.resolution, planDigest: context.plan.digest, inputs: try context.lockedFiles(),
      builder: context.options.builder
    ).render(subjects)
    return PackageFile(path: PackageFiles.provenance, bytes: planned, source: .bytes(bytes))
  }

  /// A file that is made of what was measured.
  private func report(
    _ name: String, _ context: RunContext, _ measurements: [AuditReport.Measurement], _ check: CheckOutcome?
  ) throws -> [UInt8] {
    guard name != PackageFiles.card else {
      return try ModelCard(context.resolution, context.contents).render(measurements, check)
    }
    let facts = try context.auditContext()
    let audit = AuditReport.json(context.contents, facts, measurements)
    guard name == AuditPage.fileName else { return JSONWriter.pretty(audit, sorted: false) }
    return try AuditPage(
      title: PackageFiles.title(context.resolution), audit: AuditDocument(audit, file: name),
      readers: facts.readers, decoding: .planned(CheckPlan(context.resolution, context.contents), check)
    ).render()
  }

  private func records(_ files: [PackageFile], _ context: RunContext) throws -> [FileRecord] {
    let weights = try Measurements.weightDigests(context)
    return try files.map { file in
      switch file.source {
      case .bytes(let bytes):
        guard bytes.count == file.bytes else {
          throw ConversionError.forecastMissed(file: file.path, planned: file.bytes, actual: bytes.count)
        }
        return FileRecord(path: file.path, bytes: bytes.count, sha256: SHA256Digest.of(bytes))
      case .file(let path):
        guard let digest = weights[file.path] else {
          throw ConversionError.packageForm(
            file: context.folder(.verify) + "/verify.json", expected: "the digest of \(file.path)", found: "none")
        }
        return FileRecord(path: file.path, bytes: try ReadOnlyFile(path: path).size, sha256: digest)
      case .copy(let path):
        let (digest, bytes) = try context.digests.digest(ofFileAt: path)
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
  private static func holds(_ folder: String, _ files: [FileRecord], _ context: RunContext) throws -> Bool {
    guard try Folder.entries(folder) == files.map(\.path).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    else {
      return false
    }
    for file in files {
      let (digest, bytes) = try context.digests.digest(ofFileAt: folder + "/" + file.path)
      if digest != file.sha256 || bytes != file.bytes { return false }
    }
    return true
  }

  /// Replacing needs proof that what stands there was published from this work folder.
  private func requireOwn(_ output: String, _ context: RunContext) throws {
    guard Ownership(work: context.workFolder).covers(output) else {
      throw ConversionError.outputExists(path: output, found: "a folder that this work folder did not publish")
    }
    context.observer.note("\(output) is an earlier result of this work folder and is replaced")
  }
}
