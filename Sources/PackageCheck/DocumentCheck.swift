import Audit
import Checkpoint
import Digests
import Files
import Foundation
import Planning
import StrictJSON
import SystemPackage

/// Compares what a package says twice: its card, its page and the files that were copied from the source are checked
/// against the audit. Whoever makes the sums anew for a changed one has to change the audit with it.
struct DocumentCheck {
  let path: FilePath
  let audit: AuditDocument
  /// Nil when the package's list is none.
  let sums: ChecksumList?

  func check(_ report: inout VerificationReport) throws {
    let made = madeFiles()
    let copied =
      sums?.entries.filter { entry in
        Sidecars.isCopied(entry.name) && !made.contains { $0.name == entry.name }
      } ?? []
    let problems =
      copied.compactMap(problem) + made.compactMap(\.problem) + missingCopies() + (try cardProblems())
      + (try pageProblems())
    report.add("documents", scope: "card, page and \(copied.count) copied files against the audit", problems: problems)
  }

  /// A file that was copied is an input of the audit, byte for byte.
  private func problem(_ file: ChecksumList.Entry) -> String? {
    let name = UTF8Name("source/" + file.name)
    let input = audit.inputs.first { UTF8Name($0.path) == name }
    guard let digest = input?.sha256, input?.isTree == false else { return "\(file.name): no input of the audit" }
    return digest == file.sha256.hex ? nil : "\(file.name): not the source's, whose sha256 was \(digest)"
  }

  /// Files that were made of the source's, which are beside them: they are made anew and compared. For a package that lacks
  /// them, as earlier versions made it, nothing is said.
  private func madeFiles() -> [(name: String, problem: String?)] {
    let prefix = "source/"
    let names = audit.inputs.filter { !$0.isTree && $0.path.hasBytes(atStart: prefix) }
      .map { String($0.path.dropFirst(prefix.count)) }
    guard !isHeadAlone else { return [] }
    return KnownFiles.made(folder: path, of: names).compactMap { name, bytes in
      guard let listed = sums?[name] else { return nil }
      return (name, listed == SHA256Digest.of(bytes) ? nil : "\(name): not what the source's files make")
    }
  }

  private var isHeadAlone: Bool { audit.tensors.allSatisfy { $0.origin == "head" } }

  /// A file of the source that travels along is in the package, and in its list. `files` sees that what is listed is there.
  private func missingCopies() -> [String] {
    guard let sums else { return [] }
    let prefix = "source/"
    let names = audit.inputs.filter { !$0.isTree && $0.path.hasBytes(atStart: prefix) }
      .map { String($0.path.dropFirst(prefix.count)) }.filter(Sidecars.isCopied)
    return KnownFiles.copied(names, isHeadAlone: isHeadAlone).filter { sums[$0] == nil }
      .map { "\($0): an input of the audit that is copied, and not in the package" }
  }

  // MARK: the card

  /// Bytes of a card that are read: what a conversion says comes first, the source's own card, of any size, after it.
  private static let cardBytes = 4 << 20
  private static let ends = ["\n## Card of the source\n", ModelCard.ownBegin]

  private func cardProblems() throws -> [String] {
    guard let bytes = try content(PackageFiles.card, atMost: DocumentCheck.cardBytes) else {
      return ["\(PackageFiles.card): missing"]
    }
    let whole = String(decoding: bytes, as: UTF8.self)
    let end = DocumentCheck.ends.compactMap { whole.range(of: $0)?.lowerBound }.min()
    let card = end.map { String(whole[..<$0]) } ?? whole
    var problems: [String] = []
    if let line = CardTable(audit).firstDifference(from: card) {
      problems.append("\(PackageFiles.card): not what the audit adds up to: \(line)")
    }
    for (name, digest) in [("manifest", audit.manifestSHA256), ("pipeline", audit.pipelineSHA256)] {
      guard !card.contains("| \(name) | `\(digest)` |") else { continue }
      problems.append("\(PackageFiles.card): another \(name) than in the audit")
    }
    if card.contains("The package has no multi-token-prediction head.") == (audit.head != nil) {
      problems.append("\(PackageFiles.card): says of the head what the audit contradicts")
    }
    return problems
  }

  // MARK: the page

  private func pageProblems() throws -> [String] {
    guard let bytes = try content(AuditPage.fileName, atMost: 1 << 30) else {
      return ["\(AuditPage.fileName): missing"]
    }
    let page = AuditPage(title: "", audit: audit, readers: nil)
    let (html, file) = (Data(bytes), AuditPage.fileName)
    var problems = page.origins.filter { html.range(of: Data($0.markup)) == nil }
      .map { "\(file): another \($0.name) than in the audit" }
    guard let list = html.range(of: Data(AuditPage.listBegin.utf8)),
      let end = html.range(of: Data(AuditPage.listEnd.utf8), in: list.upperBound..<html.endIndex)
    else { return problems + ["\(file): no list of tensors"] }
    let found = html[list.upperBound..<end.lowerBound].split(separator: UInt8(ascii: "\n"))
    if found.count != audit.tensors.count {
      problems.append("\(file): \(found.count) tensors, and \(audit.tensors.count) in the audit")
    }
    let wanted = page.tensorRows.split(separator: UInt8(ascii: "\n"))
    for (tensor, (one, other)) in zip(audit.tensors, zip(found, wanted)) where !one.elementsEqual(other) {
      problems.append("\(file): \(tensor.name): not what the audit says of it")
    }
    return problems
  }

  /// Nil for a file that is not there.
  private func content(_ name: String, atMost limit: Int) throws(FileError) -> [UInt8]? {
    guard let file = try ReadOnlyFile.ifThere(path.appending(name)) else { return nil }
    return try file.readBytes(count: min(file.size, limit), at: 0)
  }
}
