import Audit
import Checkpoint
import Diagnostics
import Digests
import Files
import Planning
import Readers
import Safetensors
import StrictJSON
import Threads
import SystemPackage

/// Verifies a published package from what it carries: compares files with `SHA256SUMS`, tensors with `audit.json`, the
/// index with the headers, and the configuration with the shapes.
public struct PackageVerifier: Sendable {
  /// The package's folder.
  public let path: FilePath
  private let threads: Int
  /// Whether the bytes of the files were digested a moment ago by whoever asks.
  private let mayTrustBytes: Bool
  /// The drafter's folder that is going to be beside; nil to look for it.
  private let drafter: PackageView.Drafter?
  private let isStopped: @Sendable () -> Bool
  /// Hears how far the reading is.
  private let observer: any WorkObserver

  /// - Parameters:
  ///   - path: the package's folder.
  ///   - threads: threads that read and digest; without effect on the result.
  ///   - isStopped: asked before each file and each tensor is read; `CancellationError` is thrown then.
  ///   - observer: hears how far the reading is.
  public init(
    path: FilePath, threads: Int, isStopped: @escaping @Sendable () -> Bool = { false },
    observer: any WorkObserver = SilentWork()
  ) {
    self.path = path
    self.observer = observer
    self.threads = threads
    self.isStopped = isStopped
    mayTrustBytes = false
    drafter = nil
  }

  /// Verifies the folder that a run has just made and digested: asks every question of verification except for the
  /// digests of files and tensors.
  /// - Parameters:
  ///   - path: The folder in the making.
  ///   - drafter: What the run makes next and puts beside.
  package init(unpublished path: FilePath, drafter: PackageView.Drafter?) {
    self.path = path
    observer = SilentWork()
    threads = 1
    isStopped = { false }
    mayTrustBytes = true
    self.drafter = drafter
  }

  /// - Throws: `ConversionError.packageForm(file:expected:found:)` when the folder is no package at all.
  public func verify() throws -> VerificationReport {
    guard try path.isFolder else {
      guard try path.exists else { throw FileError.missing(path: path) }
      throw ConversionError.packageForm(file: path.string, expected: "a package's folder", found: "no folder")
    }
    let entries = try packageEntries()
    guard entries.contains(PackageFiles.sums), entries.contains(PackageFiles.audit) else {
      throw ConversionError.packageForm(
        file: path.string, expected: "\(PackageFiles.sums) and \(PackageFiles.audit)",
        found: entries.prefix(8).joined(separator: ", "))
    }
    var report = VerificationReport()
    let sums = try checkFiles(entries, &report)
    let audit = try AuditDocument(path: path.appending(PackageFiles.audit))
    try ProvenanceCheck(path: path, audit: audit, sums: sums).check(&report)
    try DocumentCheck(path: path, audit: audit, sums: sums).check(&report)
    let shards = try openShards(entries, audit, &report)
    try checkTensors(audit, shards, &report)
    try checkDrafter(audit, shards, sums, &report)
    try checkIndex(shards, listsHead: audit.head?.isIndexed ?? false, &report)
    let config = try PackageConfigCheck(path: path, audit: audit)
    config.check(&report)
    report.unheld =
      ["\(config.unheldFields) fields of config.json"]
      + ["measured errors", "figures of the decode check", "what card and page say of origin, licence and readers"]
    try checkReaders(audit, &report)
    return report
  }

  /// The names in the folder, and instead of a folder for the head or the drafter those in it. Whatever else is no file is
  /// found later.
  private func packageEntries() throws -> [String] {
    try Folder.entries(path).flatMap { name -> [String] in
      let below = path.appending(name)
      let isOwn = [PackageFiles.headFolder, DraftCheckpoint.folder].contains { name.utf8.elementsEqual($0.utf8) }
      guard isOwn, try linkStatus(below)?.isFolder == true else { return [name] }
      let names = try Folder.entries(below)
      return names.isEmpty ? [name] : names.map { name + "/" + $0 }
    }
  }

  /// The list, after comparing every file with it; an empty list when the file is not one.
  private func checkFiles(_ entries: [String], _ report: inout VerificationReport) throws -> ChecksumList? {
    let file = path.appending(PackageFiles.sums)
    let list: ChecksumList
    do {
      list = try ChecksumList(reading: ReadOnlyFile(path: file).readAll(limit: 16 << 20))
    } catch let error as ChecksumList.Malformed {
      let problem = "\(PackageFiles.sums), line \(error.line): expected \(error.expected), found \(error.found)"
      report.add("files", scope: "none in \(PackageFiles.sums)", problems: [problem])
      return nil
    }
    var problems: [String] = []
    if mayTrustBytes {
      let there = Set(entries.map(UTF8Name.init))
      problems += list.entries.filter { !there.contains(UTF8Name($0.name)) }.map { "\($0.name): missing" }
    } else {
      // What is not there is found below.
      let sizes = try list.entries.map { entry in
        let file = path.appending(entry.name)
        return try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: file).size } ?? 0
      }
      observer.began("files", total: CheckedSum.clamped(sizes), .bytes)
      problems += try Workers.map(count: list.entries.count, threads: threads) {
        [path, list, isStopped, observer] index, _ -> String? in
        guard !isStopped() else { throw CancellationError() }
        let entry = list.entries[index]
        let found: (digest: SHA256Digest, bytes: Int)
        do throws(FileError) {
          found = try digestOfFile(atPath: path.appending(entry.name)) {
            observer.advanced(by: $0, item: entry.name)
          }
        } catch {
          switch error {
          // Says nothing of the file: what could not be read has no verdict.
          case .tooManyOpen, .read, .unreadable, .elsewhere: throw error
          case .missing, .linkBroken: return "\(entry.name): missing"
          case .notRegular, .short, .shrunk, .changed, .tooLarge, .name:
            return "\(entry.name): no file, or one that changed while it was read"
          }
        }
        return found.digest == entry.sha256
          ? nil : "\(entry.name): sha256 \(found.digest.hex), listed \(entry.sha256.hex)"
      }.compactMap { $0 }
    }
    let unlisted = [PackageFiles.sums, PackageFiles.signature].map(UTF8Name.init)
    problems += entries.filter { list[$0] == nil && !unlisted.contains(UTF8Name($0)) }
      .map { "\($0): not listed in \(PackageFiles.sums)" }
    problems += try entries.filter { try !isPlainFile($0) }
      .map { "\($0): no file, but a link, a folder or a device" }
    report.add("files", scope: "\(list.entries.count) files in \(PackageFiles.sums)", problems: problems)
    return list
  }

  /// A file itself: what a link leads to may be another one tomorrow. A hub cache has links to its own store; where they
  /// lead is looked at when the folder is opened.
  private func isPlainFile(_ name: String) throws -> Bool {
    guard let status = try linkStatus(path.appending(name)) else { return false }
    let isOfHub = path.absolute.folder.name == "snapshots"
    return status.isRegularFile || (status.isLink && isOfHub)
  }

  private func openShards(
    _ entries: [String], _ audit: AuditDocument, _ report: inout VerificationReport
  ) throws -> [UTF8Name: SafetensorsFile] {
    var shards: [UTF8Name: SafetensorsFile] = [:]
    var problems: [String] = []
    for name in entries where name.hasBytes(atEnd: ".safetensors") {
      do {
        shards[UTF8Name(name)] = try SafetensorsFile(path: path.appending(name))
      } catch let error as SafetensorsError {
        problems.append("\(name): \(error.diagnostic.code): \(error.diagnostic.summary)")
      }
      if name.hasBytes(atStart: "model-mtp") { problems.append("\(name): a name that strict readers choke on") }
    }
    problems += markProblems(audit, shards)
    report.add("headers", scope: "\(shards.count) safetensors files", problems: problems)
    return shards
  }

  /// Every tensor of the audit is there with its bytes, and every tensor that is there is in the audit.
  private func checkTensors(
    _ audit: AuditDocument, _ shards: [UTF8Name: SafetensorsFile], _ report: inout VerificationReport
  ) throws {
    let parts = audit.tensors.flatMap(\.written) + (audit.drafter?.tensors ?? [])
    if !mayTrustBytes { observer.began("tensors", total: CheckedSum.clamped(parts.map(\.bytes)), .bytes) }
    var problems = try Workers.map(count: parts.count, threads: threads) { [isStopped, observer] index, _ -> String? in
      guard !isStopped() else { throw CancellationError() }
      let part = parts[index]
      guard let shard = shards[UTF8Name(part.file)], let entry = shard.header[part.name] else {
        return "\(part.name): not in \(part.file)"
      }
      guard entry.dtype.rawValue == part.dtype, entry.shape == part.shape else {
        return "\(part.name): \(entry.dtype.rawValue) \(entry.shape), the audit says \(part.dtype) \(part.shape)"
      }
      guard entry.byteCount == part.bytes else {
        return "\(part.name): \(entry.byteCount) bytes, the audit says \(part.bytes)"
      }
      if mayTrustBytes { return nil }
      let (digest, nonFinite) = try TreeDigest.of(entry, in: shard, code: entry.byteCode(among: shards)) {
        observer.advanced(by: $0, item: part.name)
      }
      guard digest.hex == part.treeSHA256 else {
        return "\(part.name): tree_sha256 \(digest.hex), the audit says \(part.treeSHA256)"
      }
      return nonFinite.map { "\(part.name): element \($0) is not a finite number" }
    }.compactMap { $0 }
    let known = Set(parts.map { UTF8Name($0.file + "/" + $0.name) })
    for (file, shard) in shards.sorted(by: { $0.key < $1.key }) {
      for entry in shard.header.tensors where !known.contains(UTF8Name("\(file)/\(entry.name)")) {
        problems.append("\(entry.name) in \(file): the audit does not name it")
      }
    }
    // One tensor of the source, as it was: one digest. A stack has that of its parts.
    for tensor in audit.tensors
    where tensor.verdict == "kept" && tensor.isCopy && tensor.written.first?.treeSHA256 != tensor.sourceTreeSHA256 {
      problems.append("\(tensor.name): kept, but the audit's digests of source and result differ")
    }
    report.add("tensors", scope: "\(parts.count) tensors against the audit's digests", problems: problems)
    try checkHead(audit, shards, &report)
    try checkTower(audit, shards, &report)
  }

  /// The head is where readers find it, complete, and marked as they expect; without one there is no file for it.
  private func checkHead(
    _ audit: AuditDocument, _ shards: [UTF8Name: SafetensorsFile], _ report: inout VerificationReport
  ) throws {
    let head = audit.tensors.filter { $0.origin == "head" }
    let name = audit.head?.file ?? WeightLayout.headFile
    let prefix = name == WeightLayout.singleFile ? "" : "mtp."
    let file = shards[UTF8Name(name)]
    var problems: [String] = []
    if (audit.head != nil) == head.isEmpty {
      problems.append("the audit says of the head what its tensors contradict")
    }
    if head.isEmpty {
      for file in WeightLayout.ownHeadFiles where shards[UTF8Name(file)] != nil {
        problems.append("\(file) is there, and the audit has no head")
      }
    } else if let file {
      for (key, value) in WeightLayout.headMetadata.sorted(by: { $0.key < $1.key })
      where file.header.metadataValue(key) != value {
        problems.append("\(name): metadata \(key) is not \(value)")
      }
      for tensor in ["fc", "norm", "pre_fc_norm_embedding", "pre_fc_norm_hidden"]
      where file.header[prefix + tensor + ".weight"] == nil {
        problems.append("\(prefix)\(tensor).weight is missing in \(name)")
      }
      if name == WeightLayout.nestedHeadFile { problems += try headManifestProblems() }
    } else {
      problems.append("\(name) is missing")
    }
    report.add(
      "MTP head", scope: head.isEmpty ? "none" : "\(head.count) tensors in \(name)", problems: problems
    )
  }

  /// Problems of the file beside a head in the folder `mtp`, which must say of its norms what they are.
  private func headManifestProblems() throws(FileError) -> [String] {
    let file = path.appending(PackageFiles.headManifest)
    let bytes = try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: file).readAll(limit: 1 << 20) }
    guard let bytes, let words = try? JSONValue.parse(bytes, file: file.string)
    else { return ["\(PackageFiles.headManifest): missing, or not JSON"] }
    return (KnownFiles.headManifest.members ?? []).filter { words[$0.key] != $0.value }.map {
      "\(PackageFiles.headManifest): \($0.key) is not what vllm-mlx has to read"
    }
  }

  private func checkIndex(
    _ shards: [UTF8Name: SafetensorsFile], listsHead: Bool, _ report: inout VerificationReport
  ) throws {
    let file = path.appending("model.safetensors.index.json")
    let index = try JSONValue.parse(
      ReadOnlyFile(path: file).readAll(limit: 16 << 20), file: file.string, maxValues: 1 << 18)
    let fields = try JSONFields(index, file: file.string, what: "the index")
    var problems: [String] = []
    var listed: Set<UTF8Name> = []
    for member in try fields.object("weight_map").value.members ?? [] {
      listed.insert(UTF8Name(member.key))
      guard let shard = member.value.stringValue else {
        throw JSONError.type(
          JSONPlace(file: file.string, position: member.value.position), key: member.key, expected: "a file's name",
          found: member.value.typeName)
      }
      if shards[UTF8Name(shard)]?.header[member.key] == nil {
        problems.append("\(member.key): listed in \(shard), not there")
      }
    }
    var total = CheckedSum()
    let unlisted = Set(listsHead ? [] : WeightLayout.ownHeadFiles.map(UTF8Name.init))
    for (name, shard) in shards.sorted(by: { $0.key < $1.key })
    where !unlisted.contains(name) && !name.string.hasBytes(atStart: DraftCheckpoint.prefix) {
      for entry in shard.header.tensors {
        total.add(entry.byteCount)
        if !listed.contains(UTF8Name(entry.name)) { problems.append("\(entry.name) in \(name): not listed") }
      }
    }
    let stated = try fields.object("metadata").int("total_size")
    if stated != total.value { problems.append("total_size is \(stated), the tensors have \(total) bytes") }
    report.add("index", scope: "\(listed.count) entries", problems: problems)
  }

  /// A reader that the manifest requires can use the folder as it is, and none that could now breaks over it.
  private func checkReaders(_ audit: AuditDocument, _ report: inout VerificationReport) throws {
    var foretold: [String: (verdict: String, isRequired: Bool)] = [:]
    for row in audit.readers { foretold[Reader.named(row.name)?.name ?? row.name] = (row.verdict, row.isRequired) }
    let required = Set(foretold.filter(\.value.isRequired).keys)
    let withHead = ReaderVerdict.Word.withHead.rawValue
    let problem = try Diagnostic.verdict {
      let folder = try CheckpointFolder(.folder(path))
      if !folder.isDrafter { report.suspicions = try folder.headStatistics(for: folder)?.suspicions ?? [] }
      let matrix = try ReaderMatrix.verdicts(of: folder, required: required, drafter: drafter)
      var problems = required.subtracting(Reader.all.map(\.name)).sorted().map {
        "\($0): required, and not known to this version"
      }
      for row in matrix.rows {
        let word = row.verdict.word.rawValue
        if row.isRequired, !row.isEnough(hasHead: foretold[row.reader.name]?.verdict == withHead) {
          problems.append("\(row.reader.name): required, and \(word): \(row.verdict.reason)")
        } else if row.verdict.word.isHarm, let before = foretold[row.reader.name]?.verdict, before != word {
          problems.append("\(row.reader.name): \(word): \(row.verdict.reason); the audit says \(before)")
        }
      }
      report.add("readers", scope: matrix.summary, problems: problems)
      report.readers = matrix
    }
    if let problem { report.add("readers", scope: "none could be asked", problems: [problem]) }
  }
}
