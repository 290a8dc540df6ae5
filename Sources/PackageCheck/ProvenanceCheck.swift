import Audit
import Diagnostics
import Digests
import Files
import Planning
import StrictJSON
import SystemPackage

/// Compares `provenance.json` with the sums and the audit of its package.
struct ProvenanceCheck {
  let path: FilePath
  let audit: AuditDocument
  /// Nil when the package's list is none.
  let sums: ChecksumList?

  func check(_ report: inout VerificationReport) throws {
    let file = path.appending(PackageFiles.provenance)
    let content = try contentIfThere { () throws(FileError) in try ReadOnlyFile(path: file).readAll(limit: 64 << 20) }
    guard let bytes = content else {
      report.add("provenance", scope: "none", problems: ["\(PackageFiles.provenance): missing, or no file of its kind"])
      return
    }
    let statement: ProvenanceStatement
    let asWritten: [UInt8]
    do {
      let json = try JSONValue.parse(bytes, file: file.string)
      statement = try ProvenanceStatement(json, file: file.string)
      asWritten = JSONWriter.pretty(json)
    } catch {
      let words = error.words
      report.add(
        "provenance", scope: "none",
        problems: ["\(PackageFiles.provenance): \(words.found), expected \(words.expected)"])
      return
    }
    // Nothing else says which bytes these are: no list names the statement's digest but the sums, which anybody can make.
    var problems = bytes == asWritten ? [] : ["\(PackageFiles.provenance): not written as cambium writes it"]
    for (what, stated, wanted) in [
      ("manifest", statement.manifest, audit.manifestSHA256), ("pipeline", statement.pipeline, audit.pipelineSHA256),
      ("the pipeline's name", statement.pipelineName, audit.pipeline), ("plan", statement.plan, audit.planSHA256),
      ("the tool", "cambium " + statement.version, audit.tool),
    ] where stated != wanted { problems.append("\(what) is \(stated), not \(wanted)") }
    problems += inputProblems(statement.inputs)
    problems += subjectProblems(statement.subjects)
    report.add("provenance", scope: "\(statement.subjects.count) files, in-toto v1, SLSA v1", problems: problems)
  }

  /// The inputs are those of the audit.
  private func inputProblems(_ stated: [ProvenanceStatement.Digested]) -> [String] {
    let known = Dictionary(stated.map { (UTF8Name($0.name), $0) }) { first, _ in first }
    let names = Set(audit.inputs.map { UTF8Name($0.path) })
    return audit.inputs.compactMap { input in
      let own = known[UTF8Name(input.path)]
      return own?.sha256.hex == input.sha256 && own?.digest == input.digest
        ? nil : "\(input.path): another digest than in the audit"
    } + stated.filter { !names.contains(UTF8Name($0.name)) }.map { "\($0.name): no input of the audit" }
  }

  /// The subjects are the files of the sums, besides the statement itself, with their digests.
  private func subjectProblems(_ subjects: [ProvenanceStatement.Digested]) -> [String] {
    guard let sums else { return ["\(PackageFiles.sums) is no list"] }
    var problems: [String] = []
    var named: Set<UTF8Name> = [UTF8Name(PackageFiles.provenance)]
    for subject in subjects where !named.insert(UTF8Name(subject.name)).inserted || sums[subject.name] != subject.sha256
    {
      problems.append("\(subject.name): another digest than in \(PackageFiles.sums)")
    }
    return problems
      + sums.entries.filter { !named.contains(UTF8Name($0.name)) }.map { "\($0.name): not among the subjects" }
  }
}
