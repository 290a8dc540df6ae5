import Audit
import Digests
import Files
import Planning
import StrictJSON
import Threads
import Workspace
import SystemPackage

/// Publishes the package: every file in a temporary folder, synced and read back, then one rename, or one exchange with
/// the earlier result. Weights are cloned from the work folder where the file system has reflinks, else the work folder
/// hands them over; see ``PublishedWeights``.
struct PackageStage: Stage {
  let name = StageName.package
  let folder: WorkFolder
  let plan: Plan
  let forecast: Forecast
  let resolution: Resolution
  let inputs: RunInputs
  let place: OutputPlace
  let published: PublishedWeights
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

  var outputFolder: FilePath { place.path }

  var outputPaths: [String] { forecast.files.map(\.path) }

  func prepare() throws { try place.whileItStays { try published.takeBack() } }

  func run() throws -> [FileRecord] { try place.whileItStays { try publish() } }

  private func publish() throws -> [FileRecord] {
    observer.began(name, bytes: forecast.outputBytes)
    let measured = try Measurements(folder, plan)
    let files = try contents(measured)
    let expected = try records(files, measured)
    try Folder.create(place.path.folder)
    let lock = try place.lock()
    defer { lock.release() }
    try place.recover(lock)
    var digested: [FilePath: FileIdentity] = [:]
    if try !place.holds(expected) {
      try place.refuseForeign(mayStay: false)
      var made: [Folder.Entry] = []
      do {
        try fill(lock.partial, files, &made)
        digested = try readBack(expected, in: lock.partial)
        try requireVerifiable(lock.partial)
        try requireUnchangedFiles()
        if try place.isTaken { observer.note("\(place.path) is an earlier result and is replaced") }
        noteKept(try place.put(lock, sums: PackageStage.sumsDigest(lock.partial)))
      } catch {
        // It may be as large as the model. After an exchange it is the earlier package, which the next run looks at.
        noteKept((try? lock.discard(made)) ?? [])
        throw error
      }
    }
    for record in expected {
      let path = place.path.appending(record.path)
      // Remembered as it was digested: whoever has written into it since is found by the next run.
      try inputs.digests.remember(record.sha256, ofFileAt: path, identity: digested[FilePath(record.path)])
    }
    return expected
  }

  /// The package's inputs are there as they were read: a configuration that was rewritten meanwhile, of which nothing is read
  /// twice, would else be noticed by the next run only. An adapter and a drafter are compared with their identity.
  private func requireUnchangedFiles() throws {
    for file in inputs.files where file.sha256 != nil && !file.isAdapters {
      guard try digestOfFile(atPath: file.path).digest == file.sha256 else {
        throw ConversionError.inputChanged(file: file.path.string)
      }
    }
    if let weights = resolution.drafter?.weights, try weights.currentIdentity() != weights.identity {
      throw ConversionError.inputChanged(file: weights.path.string)
    }
  }

  /// Says what stays in the folder in the making, since this run did not put it there.
  private func noteKept(_ kept: [FilePath]) {
    guard let first = kept.first else { return }
    observer.note(
      "\(first) stays: this run did not put it there" + (kept.count > 1 ? ", nor \(kept.count - 1) more" : ""))
  }

  /// Puts the files into a new folder, their list first, and syncs it.
  /// - Parameter made: What was put there, as it was then.
  private func fill(_ partial: FilePath, _ files: [PackageFile], _ made: inout [Folder.Entry]) throws {
    try Folder.create(partial)
    for file in files {
      if StopSignal.shared.isRequested { throw ConversionError.stopped(resume: resumeCommand) }
      let target = partial.appending(file.path)
      // A head may have a separate folder.
      try Folder.create(target.folder)
      switch file.source {
      case .bytes(let bytes): try AtomicFile.write(bytes, to: target)
      case .file(let path): try cloneLinkOrCopy(from: path, to: target)
      case .drafter(let path): try cloneOrCopy(from: path, to: target)
      case .copy: try AtomicFile.write(resolution.source.input(file.path, limit: 1 << 30), to: target)
      }
      let written = try ReadOnlyFile(path: target)
      made.append(Folder.Entry(name: Array(file.path.utf8), identity: written.identity))
      let bytes = written.size
      guard bytes == file.bytes else {
        throw ConversionError.forecastMissed(file: target.string, planned: file.bytes, actual: bytes)
      }
      observer.advanced(name, bytes: bytes, item: file.path)
    }
    try syncFolder(partial)
  }

  /// What is published is what its lists say: every byte is read once more, under the name of the moment.
  /// - Returns: What the system said of each file when it was digested.
  private func readBack(_ files: [FileRecord], in partial: FilePath) throws -> [FilePath: FileIdentity] {
    let found = Guarded<[FilePath: FileIdentity]>([:])
    let isWhole = try Workers.forEach(
      count: files.count, threads: inputs.threads, stop: { StopSignal.shared.isRequested }
    ) { index, _ in
      let file = files[index]
      let open = try ReadOnlyFile(path: partial.appending(file.path))
      let identity = open.identity
      let (digest, bytes) = try open.digest()
      guard digest == file.sha256, bytes == file.bytes else {
        throw VerificationError.publishedFile(
          file: file.path, isMerged: try Folder.isFolder(folder.path.appending(WorkFolder.items)),
          expected: "sha256 \(file.sha256.hex)", found: digest.hex)
      }
      found.withLock { $0[FilePath(file.path)] = identity }
    }
    guard isWhole else { throw ConversionError.stopped(resume: resumeCommand) }
    return found.withLock { $0 }
  }

  /// Whatever the work folder is used for later, the package is the user's.
  func finish() throws {
    try place.whileItStays {
      try place.settle(PackageStage.sumsDigest(place.path))
      try published.giveUp(inputs.digests)
    }
    let strangers = try place.strangers()
    guard let first = strangers.first else { return }
    observer.note(
      "\(place.path) holds what is not the package's, which verify refuses: \(first)"
        + (strangers.count > 1 ? " and \(strangers.count - 1) more" : ""))
  }

  func conclude(_ summary: inout RunSummary) throws {
    summary.packageBytes = forecast.outputBytes
    summary.sums = try PackageStage.sumsDigest(place.path)
    if let check = summary.check { try CheckStage.publish(check, resolution) }
  }

  private static func sumsDigest(_ folder: FilePath) throws -> SHA256Digest {
    try digestOfFile(atPath: folder.appending(PackageFiles.sums)).digest
  }

  // MARK: what is published

  private struct PackageFile {
    enum Source {
      case bytes([UInt8])
      /// A finished file of the work folder.
      case file(FilePath)
      /// A file of the drafter, which stays what it is.
      case drafter(FilePath)
      /// A sidecar of the source, of the same name.
      case copy
    }
    let path: String
    let bytes: Int
    let source: Source
  }

  private func contents(_ measured: Measurements) throws -> [PackageFile] {
    let documents = PackageDocuments(
      plan: plan, resolution: resolution, readers: forecast.readers, check: forecast.check,
      inputs: try inputs.lockedFiles(), builder: builder,
      drafterDigests: try resolution.drafter.map { try TreeDigest.all(of: $0.weights) })
    let reports = try documents.reports(
      measured.tensors, CheckOutcome.read(path: folder.folder(.check).appending(CheckOutcome.fileName), forecast.check))
    var files = forecast.files.compactMap { file -> PackageFile? in
      let source: PackageFile.Source
      switch file.content {
      case .weights: source = .file(folder.folder(.quantize).appending(file.path))
      case .copied: source = .copy
      case .drafter(let path): source = .drafter(path)
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
            file: folder.folder(.verify).appending(Measurements.fileName).string,
            expected: "the digest of \(file.path)",
            found: "none")
        }
        return FileRecord(path: file.path, bytes: try ReadOnlyFile(path: path).size, sha256: digest)
      case .drafter:
        guard let record = try inputs.records({ UTF8Name($0.name) == UTF8Name(file.path) }).first else {
          throw ConversionError.forecastMissed(file: file.path, planned: file.bytes, actual: 0)
        }
        return record
      case .copy:
        let record = try resolution.source.record(of: file.path)
        return FileRecord(path: file.path, bytes: record.bytes, sha256: record.sha256)
      }
    }
  }
}
