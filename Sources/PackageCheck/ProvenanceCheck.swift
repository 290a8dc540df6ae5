import Audit
import Diagnostics
import Digests
import Files
import Planning
import StrictJSON
import SystemPackage

/// Holds `provenance.json` against the sums and the audit of its package.
struct ProvenanceCheck {
  let path: FilePath
  let audit: AuditDocument
  /// Nil when the package's list is none.
  let sums: ChecksumList?

  func check(_ report: inout VerificationReport) throws {
    let file = path.appending(PackageFiles.provenance)
    guard let bytes = try? ReadOnlyFile(path: file).readAll(limit: 64 << 20) else {
      report.add("provenance", scope: "none", problems: ["\(PackageFiles.provenance): missing or unreadable"])
      return
    }
    let statement: JSONValue
    do {
      statement = try JSONValue.parse(bytes, file: file.string)
    } catch {
      report.add("provenance", scope: "none", problems: ["\(PackageFiles.provenance): \(Diagnostic.words(error))"])
      return
    }
    var problems: [String] = []
    func require(_ what: String, _ found: JSONValue?, _ wanted: String?) {
      guard found?.stringValue != wanted || wanted == nil else { return }
      problems.append("\(what) is \(found?.stringValue ?? "not there"), not \(wanted ?? "stated in the audit")")
    }
    require("_type", statement["_type"], "https://in-toto.io/Statement/v1")
    require("predicateType", statement["predicateType"], "https://slsa.dev/provenance/v1")
    let definition = statement["predicate"]?["buildDefinition"]
    require("buildType", definition?["buildType"], Provenance.buildType)
    let external = definition?["externalParameters"]
    require("manifest", external?["manifest"]?["sha256"], audit.json["manifest_sha256"]?.stringValue)
    require("pipeline", external?["pipeline"]?["sha256"], audit.json["pipeline_sha256"]?.stringValue)
    require("the pipeline's name", external?["pipeline"]?["name"], audit.json["pipeline"]?.stringValue)
    let version = statement["predicate"]?["runDetails"]?["builder"]?["version"]?["cambium"]
    require(
      "the tool", version.flatMap(\.stringValue).map { .string("cambium " + $0) }, audit.json["tool"]?.stringValue)
    require("plan", definition?["internalParameters"]?["plan_sha256"], audit.json["plan_sha256"]?.stringValue)
    problems += inputProblems(definition?["resolvedDependencies"]?.arrayValue ?? [])
    let subjects = statement["subject"]?.arrayValue ?? []
    problems += subjectProblems(subjects)
    report.add("provenance", scope: "\(subjects.count) files, in-toto v1, SLSA v1", problems: problems)
  }

  /// The inputs are those of the audit, and no others.
  private func inputProblems(_ dependencies: [JSONValue]) -> [String] {
    let stated = Dictionary(dependencies.map { (UTF8Name($0["name"]?.stringValue ?? ""), $0["digest"]) }) { first, _ in
      first
    }
    let inputs = audit.json["inputs"]?.arrayValue ?? []
    let known = Set(inputs.map { UTF8Name($0["path"]?.stringValue ?? "") })
    // A repository of the hub is named by its commit, beside its files.
    let others = dependencies.filter {
      $0["digest"]?["gitCommit"] == nil && !known.contains(UTF8Name($0["name"]?.stringValue ?? ""))
    }
    return others.map { "\($0["name"]?.stringValue ?? "one without a name"): no input of the audit" }
      + inputs.compactMap { input in
        let name = input["path"]?.stringValue ?? ""
        let digest = stated[UTF8Name(name)] ?? nil
        let isSame =
          input["tree_sha256"].map { $0 == digest?["cambiumTreeSha256"] } ?? (input["sha256"] == digest?["sha256"])
        return isSame ? nil : "\(name): another digest than in the audit"
      }
  }

  /// The subjects are the files of the sums, besides the statement itself, with their digests.
  private func subjectProblems(_ subjects: [JSONValue]) -> [String] {
    guard let sums else { return ["\(PackageFiles.sums) is no list"] }
    var problems: [String] = []
    var named: Set<UTF8Name> = [UTF8Name(PackageFiles.provenance)]
    for subject in subjects {
      let name = subject["name"]?.stringValue ?? ""
      let digest = subject["digest"]?["sha256"]?.stringValue
      if !named.insert(UTF8Name(name)).inserted || digest == nil || sums[name]?.hex != digest {
        problems.append("\(name): another digest than in \(PackageFiles.sums)")
      }
    }
    return problems
      + sums.entries.filter { !named.contains(UTF8Name($0.name)) }.map { "\($0.name): not among the subjects" }
  }
}
