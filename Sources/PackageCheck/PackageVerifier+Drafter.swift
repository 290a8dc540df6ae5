import Audit
import Diagnostics
import Digests
import Files
import Planning
import Safetensors
import StrictJSON
import SystemPackage

extension PackageVerifier {
  /// Checks that the drafter is whole, says of itself what the audit says of it, and is where its files were; without one
  /// nothing may be in its place.
  func checkDrafter(
    _ audit: AuditDocument, _ shards: [UTF8Name: SafetensorsFile], _ sums: ChecksumList?,
    _ report: inout VerificationReport
  ) throws {
    let listed = sums?.entries.filter { $0.name.hasBytes(atStart: DraftCheckpoint.prefix) } ?? []
    guard let drafter = audit.drafter else {
      // A package without one is asked nothing, unless there is something.
      guard !listed.isEmpty else { return }
      report.add(
        "drafter", scope: "none", problems: listed.map { "\($0.name) is there, and the audit has no drafter" })
      return
    }
    var problems: [String] = []
    let name = DraftCheckpoint.prefix + PackageFiles.config
    let unread = try Diagnostic.verdict {
      let file = path.appending(name)
      let config = try JSONValue.parse(ReadOnlyFile(path: file).readAll(limit: 1 << 20), file: file.string)
      let found = (config["architectures"]?.arrayValue ?? []).compactMap(\.stringValue)
      if found != [drafter.architecture] {
        problems.append("\(name): architectures \(found), the audit says \(drafter.architecture)")
      }
    }
    if unread != nil { problems.append("\(name): missing or unreadable") }
    // The weights are held tensor by tensor; another file of them would be read by nobody.
    let weights = shards.keys.filter { $0.string.hasBytes(atStart: DraftCheckpoint.prefix) }.map(\.string)
    problems += weights.sorted().filter { $0 != drafter.file }.map { "\($0): the audit does not name it" }
    for entry in listed where entry.name != name {
      let wanted = UTF8Name(entry.name)
      let input = audit.inputs.first { UTF8Name($0.path) == wanted }
      if input?.isTree != false || input?.sha256 != entry.sha256.hex {
        problems.append("\(entry.name): not the drafter's, as the audit has it")
      }
    }
    let there = Set(listed.map { UTF8Name($0.name) })
    if sums != nil {
      problems += audit.inputs.map(\.path).filter {
        $0.hasBytes(atStart: DraftCheckpoint.prefix) && !there.contains(UTF8Name($0))
      }.map { "\($0): an input of the audit that is copied, and not in the package" }
    }
    report.add(
      "drafter", scope: "\(drafter.architecture), \(drafter.tensors.count) tensors in \(drafter.file)",
      problems: problems)
  }
}
