import Checkpoint
import Diagnostics
import Digests
import Manifests
import Planning
import StrictJSON

/// `provenance.json`: what the package was made of, by what, with which parameters. An in-toto Statement v1
/// (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>) with the predicate SLSA Provenance v1
/// (<https://slsa.dev/spec/v1.0/provenance>). Format: see the page *Provenance*.
///
/// Every value has a width that the plan knows. No date, host or place on a disk is in it.
package struct Provenance {
  /// What `buildType` says of the parameters' form.
  package static let buildType = "urn:cambium:convert:v1"

  let resolution: Resolution
  let planDigest: SHA256Digest
  /// `source/…` and `donor/…`.
  let inputs: [LockFile.File]
  /// SHA-256 of the program that ran; only when a person asked for it, since it differs by platform.
  let builder: SHA256Digest?

  /// - Parameters:
  ///   - resolution: What the manifest was resolved to.
  ///   - planDigest: The digest of the plan.
  ///   - inputs: `source/…` and `donor/…` with digests.
  ///   - builder: SHA-256 of the program that ran; nil when nobody asked for it.
  package init(
    resolution: Resolution, planDigest: SHA256Digest, inputs: [LockFile.File], builder: SHA256Digest?
  ) {
    self.resolution = resolution
    self.planDigest = planDigest
    self.inputs = inputs
    self.builder = builder
  }

  /// - Parameter subjects: every file of the package but this one and `SHA256SUMS`.
  package func render(_ subjects: [(name: String, sha256: SHA256Digest)]) -> [UInt8] {
    let sorted = subjects.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return JSONWriter.pretty(
      .object([
        ("_type", "https://in-toto.io/Statement/v1"),
        (
          "subject",
          .array(
            sorted.map {
              .object([("name", .string($0.name)), ("digest", .object([("sha256", .string($0.sha256.hex))]))])
            })
        ), ("predicateType", "https://slsa.dev/provenance/v1"),
        (
          "predicate",
          .object([("buildDefinition", buildDefinition), ("runDetails", runDetails)])
        ),
      ]))
  }

  private var buildDefinition: JSONValue {
    let manifest = resolution.manifest
    var external: [(String, JSONValue)] = [
      ("manifest", .object([("sha256", .string(manifest.digest.hex))])),
      (
        "pipeline",
        .object([("name", .string(resolution.pipeline.name)), ("sha256", .string(resolution.pipeline.digest.hex))])
      ), ("source", .string(Provenance.place(manifest.source))),
    ]
    if let donor = manifest.donor { external.append(("donor", .string(Provenance.place(donor)))) }
    if case .merge(let adapter)? = manifest.adapter {
      external.append(("adapter", .string(Provenance.place(adapter))))
    }
    if let drafter = resolution.drafter {
      external.append(("drafter", .string(Provenance.place(drafter.reference))))
    }
    external += [
      ("head", manifest.head.map { .string($0.rawValue) } ?? .null), ("foreign", .bool(manifest.foreign)),
      ("layouts", .array(manifest.layouts.map { .string($0.rawValue) })),
      ("readers", .array(manifest.readers.map { .string($0) })),
      ("base_model", manifest.baseModel.map { .string($0) } ?? .null),
    ]
    if resolution.leavesCheckOut { external.append(("decode_check", false)) }
    return .object([
      ("buildType", .string(Provenance.buildType)), ("externalParameters", .object(external)),
      (
        "internalParameters",
        .object(
          [
            ("target", .string(resolution.target.rawValue)), ("plan_sha256", .string(planDigest.hex)),
            ("format", resolution.format.json), ("thresholds", resolution.thresholds.json),
          ] + (resolution.calibration.map { [("calibration_sha256", .string($0.digest.hex))] } ?? []))
      ), ("resolvedDependencies", .array(dependencies)),
    ])
  }

  /// Hub repositories by commit, then every input file by its digest.
  private var dependencies: [JSONValue] {
    var out: [JSONValue] = []
    let folders = [("source", resolution.manifest.source, resolution.source.commit)]
    let donors = resolution.manifest.donor.map { [("donor", $0, resolution.donor?.commit)] } ?? []
    let adapters = resolution.adapter.map { [("adapter", $0.reference, $0.commit)] } ?? []
    let drafters = resolution.drafter.map { [("drafter", $0.reference, $0.commit)] } ?? []
    for case (let name, .hub(let hub), let commit?) in folders + donors + adapters + drafters {
      out.append(
        .object([
          ("name", .string(name)), ("uri", .string("hf://\(hub.repository)@\(commit)")),
          ("digest", .object([("gitCommit", .string(commit))])),
        ]))
    }
    return out
      + inputs.map { file in
        .object([
          ("name", .string(file.path)),
          ("digest", .object([(file.digest.statementKey, .string(file.sha256))])),
        ])
      }
  }

  private var runDetails: JSONValue {
    var program: [(String, JSONValue)] = [
      ("id", "urn:cambium"), ("version", .object([("cambium", .string(Tool.version))])),
    ]
    if let builder {
      program.append(
        (
          "builderDependencies",
          [.object([("name", "cambium"), ("digest", .object([("sha256", .string(builder.hex))]))])]
        ))
    }
    let lock = SHA256Digest.of(JSONWriter.pretty(resolution.lock(plan: planDigest, files: inputs).json))
    return .object([
      ("builder", .object(program)),
      ("metadata", .object([("invocationId", .string("sha256:" + lock.hex))])),
    ])
  }

  /// A hub reference as it is; of a folder only that it is one.
  private static func place(_ reference: ModelReference) -> String {
    switch reference {
    case .folder: "a local folder"
    case .hub(let hub): "hub:\(hub.repository)@\(hub.revision)"
    }
  }
}
