/// A form of JSON document that the programs print with `--json` or leave in a file: what its first member is called, and
/// the version that is written there. A new `--json` gets its form here, and its schema in ``schema``; tests check every
/// document that a program prints against it.
package struct DocumentForm: Sendable {
  /// Name of the form, and of the first member. Two forms have no such member: what they are follows from their place.
  package let name: String
  /// What is under it; nil where no member says it.
  package let version: Int?
  /// The commands that print it with `--json`, with their program; that of a failure every command prints.
  package let commands: [String]
  /// The file that it is, where it is one.
  package let file: String?

  private init(_ name: String, version: Int? = 1, by commands: [String] = [], file: String? = nil) {
    self.name = name
    self.version = version
    self.commands = commands
    self.file = file
  }

  /// Path of its JSON Schema (2020-12) in the repository. The manifest's and the pipeline's are beside what they are for.
  package var schema: String {
    switch name {
    case "cambium": "manifests/manifest.schema.json"
    case "cambium_pipeline": "pipelines/pipeline.schema.json"
    default: "manifests/schemas/\(name).schema.json"
    }
  }

  /// Where an installed program has it: without the folder of manifests.
  package var installedSchema: String {
    let parts = schema.split(separator: "/").map(String.init)
    return (["share", "cambium"] + parts.drop { $0 == "manifests" }).joined(separator: "/")
  }

  /// The form of a name; nil for one that there is not.
  package static func named(_ name: String) -> DocumentForm? { all.first { $0.name == name } }

  /// Every form: what is printed, then what is read and left.
  package static let all: [DocumentForm] = printed + files

  private static let printed: [DocumentForm] = [
    DocumentForm("cambium_archive", by: ["cambium package"]),
    DocumentForm("cambium_audit_query", by: ["cambium audit"]),
    DocumentForm("cambium_audit_summary", by: ["cambium audit"]),
    DocumentForm(
      "cambium_calibration", by: ["cambium calibrate"],
      file: "in the metadata of NAME.calibration.safetensors beside a manifest"),
    DocumentForm("cambium_clean", by: ["cambium clean"]),
    DocumentForm("cambium_comparison", by: ["verify-runner compare"]),
    DocumentForm("cambium_diff", by: ["cambium diff"]),
    DocumentForm("cambium_error"),
    DocumentForm("cambium_fetch", by: ["cambium fetch"]),
    DocumentForm("cambium_fetch_head", by: ["cambium fetch"]),
    DocumentForm("cambium_head", by: ["cambium inspect"]),
    DocumentForm("cambium_init", by: ["cambium init"]),
    DocumentForm("cambium_inspect", by: ["cambium inspect"]),
    DocumentForm("cambium_partition", by: ["cambium run"]),
    DocumentForm("cambium_partition_plan", by: ["cambium plan"]),
    DocumentForm("cambium_partitions", by: ["cambium status"]),
    DocumentForm("cambium_pipelines", by: ["cambium pipelines"]),
    DocumentForm("cambium_plan", by: ["cambium plan", "cambium run"], file: "plan.json of a work folder"),
    DocumentForm("cambium_run", by: ["cambium merge", "cambium run"]),
    DocumentForm("cambium_runs", by: ["cambium run"]),
    DocumentForm("cambium_sensitivity", by: ["cambium measure"], file: "NAME.sensitivity.json beside a manifest"),
    DocumentForm("cambium_sign", by: ["cambium sign"]),
    DocumentForm("cambium_status", by: ["cambium status"]),
    DocumentForm("cambium_unpack", by: ["cambium unpack"]),
    DocumentForm("cambium_verification_report", by: ["cambium verify"]),
    DocumentForm("verify_runner_bench", by: ["verify-runner bench"]),
    DocumentForm("verify_runner_bench_serve", by: ["verify-runner bench-serve"]),
    DocumentForm("verify_runner_check", by: ["verify-runner check"]),
    DocumentForm("verify_runner_generate", by: ["verify-runner generate"]),
    DocumentForm("verify_runner_tokenize", by: ["verify-runner tokenize"]),
    DocumentForm("verify_runner_trace_files", by: ["verify-runner trace"]),
  ]

  private static let files: [DocumentForm] = [
    DocumentForm("cambium", by: ["cambium init"], file: "a manifest"),
    DocumentForm("cambium_audit", file: "audit.json of a package"),
    DocumentForm("cambium_check", file: "PACKAGE.check.json beside a package"),
    DocumentForm("cambium_lock", file: "NAME.lock.json beside a manifest"),
    DocumentForm("cambium_pipeline", file: "a pipeline"),
    DocumentForm("provenance", version: nil, file: "provenance.json of a package"),
    DocumentForm("run_log", version: nil, file: "a line of run.log of a work folder"),
    DocumentForm("verify_runner_trace", file: "PREFIX.json of a trace"),
  ]
}
