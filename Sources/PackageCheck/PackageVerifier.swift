import Audit
import Checkpoint
import Diagnostics
import Digests
import Files
import Foundation
import Planning
import Readers
import Safetensors
import StrictJSON
import Threads

/// Verifies a published package from what it carries: files against `SHA256SUMS`, tensors against `audit.json`, the
/// index against the headers, the configuration against the shapes.
public struct PackageVerifier {
  public let path: String
  private let threads: Int

  public init(path: String, threads: Int) {
    self.path = path
    self.threads = threads
  }

  /// - Throws: ``ConversionError/packageForm(file:expected:found:)`` when the folder is no package at all.
  public func verify() throws -> VerificationReport {
    guard try Folder.isFolder(path) else {
      guard FileManager.default.fileExists(atPath: path) else { throw FileError.missing(path: path) }
      throw ConversionError.packageForm(file: path, expected: "a package's folder", found: "no folder")
    }
    let entries = try Folder.entries(path)
    guard entries.contains(PackageFiles.sums), entries.contains(PackageFiles.audit) else {
      throw ConversionError.packageForm(
        file: path, expected: "\(PackageFiles.sums) and \(PackageFiles.audit)",
        found: entries.prefix(8).joined(separator: ", "))
    }
    var report = VerificationReport()
    try checkFiles(entries, &report)
    let audit = try AuditDocument(path: path + "/" + PackageFiles.audit)
    try ProvenanceCheck(path: path, audit: audit).check(&report)
    let shards = try openShards(entries, &report)
    try checkTensors(audit, shards, &report)
    try checkIndex(shards, listsHead: audit.json["head"]?["indexed"]?.boolValue ?? false, &report)
    try PackageConfigCheck(path: path, audit: audit).check(&report)
    checkReaders(audit, &report)
    return report
  }

  private func checkFiles(_ entries: [String], _ report: inout VerificationReport) throws {
    let file = path + "/" + PackageFiles.sums
    let text = String(decoding: try ReadOnlyFile(path: file).readAll(limit: 16 << 20), as: UTF8.self)
    var listed: [(name: String, hex: String)] = []
    var problems: [String] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0].utf8.count == 64, isSafeRelativePath(String(parts[1].dropFirst())) else {
        problems.append("\(PackageFiles.sums): not a line of sums: \(line.prefix(80))")
        continue
      }
      listed.append((String(parts[1].dropFirst()), parts[0]))
    }
    problems += try Workers.map(count: listed.count, threads: threads) { [path, listed] index, _ -> String? in
      let (name, hex) = listed[index]
      let found: (digest: SHA256Digest, bytes: Int)
      do throws(FileError) {
        found = try digestOfFile(atPath: path + "/" + name)
      } catch {
        // Says nothing of the file.
        if case .tooManyOpen = error { throw error }
        return "\(name): missing or unreadable"
      }
      return found.digest.hex == hex ? nil : "\(name): sha256 \(found.digest.hex), listed \(hex)"
    }.compactMap { $0 }
    let known = Set(listed.map(\.name) + [PackageFiles.sums, PackageFiles.signature])
    problems += entries.filter { !known.contains($0) }.map { "\($0): not listed in \(PackageFiles.sums)" }
    report.add("files", scope: "\(listed.count) files in \(PackageFiles.sums)", problems: problems)
  }

  private func openShards(_ entries: [String], _ report: inout VerificationReport) throws -> [String: SafetensorsFile] {
    var shards: [String: SafetensorsFile] = [:]
    var problems: [String] = []
    for name in entries where name.hasSuffix(".safetensors") {
      do {
        shards[name] = try SafetensorsFile(path: path + "/" + name)
      } catch let error as SafetensorsError {
        problems.append("\(name): \(error.diagnostic.code): \(error.diagnostic.summary)")
      }
      if name.hasPrefix("model-mtp") { problems.append("\(name): a name that strict readers choke on") }
    }
    report.add("headers", scope: "\(shards.count) safetensors files", problems: problems)
    return shards
  }

  /// Every tensor of the audit is there with its bytes, and every tensor that is there is in the audit.
  private func checkTensors(
    _ audit: AuditDocument, _ shards: [String: SafetensorsFile], _ report: inout VerificationReport
  ) throws {
    let parts = audit.tensors.flatMap(\.written)
    var problems = try Workers.map(count: parts.count, threads: threads) { index, _ -> String? in
      let part = parts[index]
      guard let shard = shards[part.file], let entry = shard.header[part.name] else {
        return "\(part.name): not in \(part.file)"
      }
      guard entry.dtype.rawValue == part.dtype, entry.shape == part.shape else {
        return "\(part.name): \(entry.dtype.rawValue) \(entry.shape), the audit says \(part.dtype) \(part.shape)"
      }
      let digest = try TreeDigest.of(entry, in: shard)
      return digest.hex == part.treeSHA256
        ? nil : "\(part.name): tree_sha256 \(digest.hex), the audit says \(part.treeSHA256)"
    }.compactMap { $0 }
    let known = Set(parts.map { UTF8Name($0.file + "/" + $0.name) })
    for (file, shard) in shards.sorted(by: { $0.key < $1.key }) {
      for entry in shard.header.tensors where !known.contains(UTF8Name(file + "/" + entry.name)) {
        problems.append("\(entry.name) in \(file): the audit does not name it")
      }
    }
    // One tensor of the source, as it was: one digest. A stack has that of its parts.
    for tensor in audit.tensors
    where tensor.verdict == "kept" && tensor.isCopy && tensor.written.first?.treeSHA256 != tensor.sourceTreeSHA256 {
      problems.append("\(tensor.name): kept, but the audit's digests of source and result differ")
    }
    report.add("tensors", scope: "\(parts.count) tensors against the audit's digests", problems: problems)
    checkHead(audit, shards, &report)
    try checkTower(audit, shards, &report)
  }

  /// The head is where readers find it, complete, and marked as they expect; without one there is no file for it.
  private func checkHead(
    _ audit: AuditDocument, _ shards: [String: SafetensorsFile], _ report: inout VerificationReport
  ) {
    let head = audit.tensors.filter { $0.origin == "head" }
    let name = audit.json["head"]?["file"]?.stringValue ?? WeightLayout.headFile
    let prefix = name == WeightLayout.headFile(.drafter) ? "" : "mtp."
    let file = shards[name]
    var problems: [String] = []
    if (audit.json["head"]?["present"]?.boolValue ?? false) == head.isEmpty {
      problems.append("the audit says of the head what its tensors contradict")
    }
    if head.isEmpty {
      if shards[WeightLayout.headFile] != nil {
        problems.append("\(WeightLayout.headFile) is there, and the audit has no head")
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
    } else {
      problems.append("\(name) is missing")
    }
    report.add(
      "MTP head", scope: head.isEmpty ? "none" : "\(head.count) tensors in \(name)", problems: problems
    )
  }

  private func checkIndex(
    _ shards: [String: SafetensorsFile], listsHead: Bool, _ report: inout VerificationReport
  ) throws {
    let file = path + "/model.safetensors.index.json"
    let index = try JSONValue.parse(ReadOnlyFile(path: file).readAll(limit: 16 << 20), file: file, maxValues: 1 << 18)
    var problems: [String] = []
    var listed: Set<UTF8Name> = []
    for member in index["weight_map"]?.members ?? [] {
      listed.insert(UTF8Name(member.key))
      let shard = member.value.stringValue ?? ""
      if shards[shard]?.header[member.key] == nil { problems.append("\(member.key): listed in \(shard), not there") }
    }
    var total = 0
    for (name, shard) in shards.sorted(by: { $0.key < $1.key })
    where listsHead || name != WeightLayout.headFile {
      for entry in shard.header.tensors {
        total += entry.byteCount
        if !listed.contains(UTF8Name(entry.name)) { problems.append("\(entry.name) in \(name): not listed") }
      }
    }
    if index["metadata"]?["total_size"]?.intValue != total {
      problems.append(
        "total_size is \(index["metadata"]?["total_size"]?.intValue ?? -1), the tensors have \(total) bytes")
    }
    report.add("index", scope: "\(listed.count) entries", problems: problems)
  }

  /// A reader that the manifest requires can use the folder as it is, and none that could now breaks over it.
  private func checkReaders(_ audit: AuditDocument, _ report: inout VerificationReport) {
    var foretold: [String: (verdict: String, isRequired: Bool)] = [:]
    for row in audit.json["readers"]?.arrayValue ?? [] {
      guard let name = row["reader"]?.stringValue, let verdict = row["verdict"]?.stringValue else { continue }
      foretold[name] = (verdict, row["required"]?.boolValue ?? false)
    }
    let required = Set(foretold.filter(\.value.isRequired).keys)
    let withHead = ReaderVerdict.Word.withHead.rawValue
    do {
      let folder = try CheckpointFolder(.folder(path))
      if !folder.isDrafter { report.suspicions = try folder.headStatistics(for: folder)?.suspicions ?? [] }
      let matrix = try ReaderMatrix.verdicts(of: folder, required: required)
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
    } catch {
      report.add("readers", scope: "none could be asked", problems: [Diagnostic.words(error)])
    }
  }
}
