import Digests
import Manifests
import Planning
import Quantization
import StrictJSON

/// `provenance.json`, read back: every field as ``Provenance`` writes it, and no other.
package struct ProvenanceStatement: Sendable {
  /// SHA-256 of the manifest, the pipeline and the plan.
  package let manifest: String
  package let pipeline: String
  package let plan: String
  package let pipelineName: String
  /// The program's version.
  package let version: String
  package let target: PackageTarget
  /// Every input file by its name in the audit.
  package let inputs: [Digested]
  /// Every file of the package.
  package let subjects: [Digested]
  /// SHA-256 of the program; nil when it was not recorded.
  package let builder: SHA256Digest?
  /// Whether the command line left out the decode check that the manifest asks for.
  package let leavesCheckOut: Bool

  /// A name with a digest.
  package struct Digested: Sendable {
    package let name: String
    package let sha256: SHA256Digest
    /// What it is the digest of.
    package let digest: LockFile.Digest
  }

  /// - Throws: `JSONError`, which names the field.
  package init(_ json: JSONValue, file: String) throws(JSONError) {
    let fields = try JSONFields(json, file: file, what: "the statement")
    try fields.refuseUnknown(["_type", "subject", "predicateType", "predicate"])
    try fields.require("_type", "https://in-toto.io/Statement/v1")
    try fields.require("predicateType", "https://slsa.dev/provenance/v1")
    subjects = try fields.objects("subject").map { row throws(JSONError) in try Digested(row, .content) }
    let predicate = try fields.object("predicate")
    try predicate.refuseUnknown(["buildDefinition", "runDetails"])
    let definition = try predicate.object("buildDefinition")
    try definition.refuseUnknown(["buildType", "externalParameters", "internalParameters", "resolvedDependencies"])
    try definition.require("buildType", Provenance.buildType)
    let external = try definition.object("externalParameters")
    (manifest, pipeline, pipelineName) = try ProvenanceStatement.external(external)
    leavesCheckOut = external["decode_check"] != nil
    if leavesCheckOut {
      let isAsked = try external.bool("decode_check")
      guard !isAsked else {
        throw .value(
          external.place(of: "decode_check"), key: "decode_check", expected: "false, or nothing", found: "true")
      }
    }
    let parameters = try definition.object("internalParameters")
    try parameters.refuseUnknown(["target", "plan_sha256", "format", "thresholds", "calibration_sha256"])
    if parameters["calibration_sha256"] != nil { _ = try parameters.sha256("calibration_sha256") }
    target = try parameters.word("target")
    plan = try parameters.sha256("plan_sha256").hex
    _ = try QuantizationFormat(recorded: parameters.object("format"))
    try ProvenanceStatement.requireThresholds(parameters.object("thresholds"))
    var inputs: [Digested] = []
    for row in try definition.objects("resolvedDependencies") {
      if let input = try ProvenanceStatement.input(row) { inputs.append(input) }
    }
    self.inputs = inputs
    (builder, version) = try ProvenanceStatement.builder(predicate.object("runDetails"))
  }

  /// What a person chose; the digests of manifest and pipeline.
  private static func external(_ fields: JSONFields) throws(JSONError) -> (
    manifest: String, pipeline: String, name: String
  ) {
    try fields.refuseUnknown([
      "manifest", "pipeline", "source", "donor", "adapter", "drafter", "head", "foreign", "layouts", "readers",
      "base_model", "decode_check",
    ])
    let manifest = try fields.object("manifest")
    try manifest.refuseUnknown(["sha256"])
    let pipeline = try fields.object("pipeline")
    try pipeline.refuseUnknown(["name", "sha256"])
    let name = try pipeline.string("name")
    _ = try fields.string("source")
    for key in ["donor", "adapter", "drafter"] { _ = try fields.optionalString(key) }
    for key in ["head", "base_model"] {
      _ = try fields.unlessNull(key) { key throws(JSONError) in try fields.string(key) }
    }
    _ = try fields.bool("foreign")
    for key in ["layouts", "readers"] { _ = try fields.strings(key) }
    return (try manifest.sha256("sha256").hex, try pipeline.sha256("sha256").hex, name)
  }

  /// Limits by the bits of their numbers.
  private static func requireThresholds(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["all", "by_role"])
    let roles = try fields.object("by_role")
    var limits = [try fields.object("all")]
    for role in roles.keys { limits.append(try roles.object(role)) }
    for limit in limits {
      try limit.refuseUnknown(["min_cosine", "mean_cosine", "max_relative_rms"])
      for key in limit.keys { _ = try limit.text(key, as: "64 bits in hexadecimal digits") { UInt64($0, radix: 16) } }
    }
  }

  /// An input file; nil for the commit of a hub repository.
  private static func input(_ fields: JSONFields) throws(JSONError) -> Digested? {
    guard fields["uri"] == nil else {
      try fields.refuseUnknown(["name", "uri", "digest"])
      for key in ["name", "uri"] { _ = try fields.string(key) }
      let digest = try fields.object("digest")
      try digest.refuseUnknown(["gitCommit"])
      _ = try digest.string("gitCommit")
      return nil
    }
    let digest = LockFile.Digest.allCases.first { fields["digest"]?[$0.statementKey] != nil } ?? .content
    return try Digested(fields, digest)
  }

  /// The program that ran: its digest and its version.
  private static func builder(
    _ details: JSONFields
  ) throws(JSONError) -> (digest: SHA256Digest?, version: String) {
    try details.refuseUnknown(["builder", "metadata"])
    let metadata = try details.object("metadata")
    try metadata.refuseUnknown(["invocationId"])
    _ = try metadata.text("invocationId", as: "sha256: and 64 hexadecimal digits") { text in
      text.hasBytes(atStart: "sha256:") ? SHA256Digest(hex: String(text.utf8.dropFirst(7)) ?? "") : nil
    }
    let builder = try details.object("builder")
    try builder.refuseUnknown(["id", "version", "builderDependencies"])
    try builder.require("id", "urn:cambium")
    let version = try builder.object("version")
    try version.refuseUnknown(["cambium"])
    let number = try version.string("cambium")
    guard builder["builderDependencies"] != nil else { return (nil, number) }
    let digests = try builder.objects("builderDependencies", count: 1).map { row throws(JSONError) in
      try Digested(row, .content).sha256
    }
    return (digests.first, number)
  }
}

extension ProvenanceStatement.Digested {
  fileprivate init(_ fields: JSONFields, _ kind: LockFile.Digest) throws(JSONError) {
    try fields.refuseUnknown(["name", "digest"])
    let digest = try fields.object("digest")
    try digest.refuseUnknown([kind.statementKey])
    name = try fields.string("name")
    sha256 = try digest.sha256(kind.statementKey)
    self.digest = kind
  }
}
