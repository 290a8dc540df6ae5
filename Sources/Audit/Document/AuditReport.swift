import Checkpoint
import Diagnostics
import Digests
import Manifests
import Measuring
import Planning
import Quantization
import Readers
import StrictJSON

/// `audit.json`: every tensor's verdict, with digests of what went in and came out. Format: see the page *Audit report*.
///
/// Every value has a width that the plan knows, so the file's size is predicted to the byte.
package struct AuditReport {
  /// Facts of the run besides the tensors.
  package struct Context {
    var manifestDigest: SHA256Digest
    var pipeline: String
    var pipelineDigest: SHA256Digest
    var planDigest: SHA256Digest
    /// `source/…` and `donor/…` with digests, in byte order.
    var inputs: [LockFile.File]
    /// What readers make of the package, foretold from the plan.
    var readers: ReaderMatrix
    /// The drafter that goes into the package, with a digest for each of its tensors; nil without one.
    var drafter: (checkpoint: DraftCheckpoint, digests: [SHA256Digest])?

    /// - Parameters:
    ///   - resolution: What the manifest was resolved to.
    ///   - planDigest: The digest of the plan.
    ///   - inputs: `source/…` and `donor/…` with digests, in byte order.
    ///   - readers: What readers make of the package.
    ///   - drafterDigests: One for each tensor of the drafter, in the order of their names; empty without one.
    package init(
      _ resolution: Resolution, planDigest: SHA256Digest, inputs: [LockFile.File], readers: ReaderMatrix,
      drafterDigests: [SHA256Digest] = []
    ) {
      drafter = resolution.drafter.map { ($0, drafterDigests) }
      manifestDigest = resolution.manifest.digest
      pipeline = resolution.pipeline.name
      pipelineDigest = resolution.pipeline.digest
      self.planDigest = planDigest
      self.inputs = inputs
      self.readers = readers
    }
  }

  /// The report.
  /// - Parameters:
  ///   - plan: What was done.
  ///   - context: What it was done with.
  ///   - measurements: One for each tensor, in the order of the plan.
  package static func json(_ plan: Plan, _ context: Context, _ measurements: [TensorMeasurement]) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("cambium_audit", .int(1)), ("tool", .string(Tool.name)),
      ("manifest_sha256", .string(context.manifestDigest.hex)), ("pipeline", .string(context.pipeline)),
      ("pipeline_sha256", .string(context.pipelineDigest.hex)), ("plan_sha256", .string(context.planDigest.hex)),
      ("inputs", .array(context.inputs.map(\.json))), ("head", head(plan)),
    ]
    if let budget = plan.budget { members.append(("budget", budget.json)) }
    if let (checkpoint, digests) = context.drafter { members.append(("drafter", drafter(checkpoint, digests))) }
    return .object(
      members + [
        ("readers", context.readers.json), ("notes", .array(plan.notes.map { .string($0) })),
        ("tensors", .array(zip(plan.tensors, measurements).map { tensor($0, $1, plan) })),
        (
          "dropped",
          .array(
            plan.dropped.map {
              .object([
                ("name", .string($0.name)), ("origin", .string($0.origin.rawValue)), ("rule", .string($0.rule)),
                ("reason", .string($0.reason)), ("bytes", .int($0.bytes)),
              ])
            })
        ),
      ])
  }

  /// The report before anything was measured, as the document that it will be read back as, and its size in the form for people.
  /// It is made of one tensor after the other: as a tree and as a text, that of experts one by one takes many times the memory of
  /// the plan.
  /// - Throws: `ConversionError.auditForm(file:expected:found:)`.
  package static func forecast(
    _ plan: Plan, _ context: Context, file: String
  ) throws -> (document: AuditDocument, bytes: Int) {
    let frame = json(plan, context, [])
    var bytes = JSONWriter.pretty(frame).count
    var tensors: [AuditDocument.Tensor] = []
    for planned in plan.tensors {
      let json = tensor(planned, .placeholder(planned), plan)
      bytes += listed(JSONWriter.pretty(json))
      tensors.append(try AuditDocument.tensor(json, file: file))
    }
    // An empty list is on one line; else its end has its own line, and there is a comma between two.
    if !tensors.isEmpty { bytes += tensors.count - 1 + "\n  ".utf8.count }
    return (try AuditDocument(frame, tensors: tensors, file: file), bytes)
  }

  /// Bytes of a value as an element of a list in the document, of its text for people alone: two levels deeper, and
  /// without the line end after it.
  private static func listed(_ text: [UInt8]) -> Int {
    let lines = text.count { $0 == 0x0A }
    return text.count - 1 + "\n".utf8.count + lines * "    ".utf8.count
  }

  private static func head(_ plan: Plan) -> JSONValue {
    guard let head = plan.head else { return .object([("present", false)]) }
    return .object([
      ("present", true), ("grafted", .bool(head.grafted)), ("file", .string(head.file)),
      ("tensors", .int(head.evidence.tensors.count)), ("source_prefix", .string(head.evidence.prefix ?? "")),
      ("source_files", .array(head.evidence.shards.map { .string($0) })),
      ("layout", .string(head.evidence.layout ?? "none")),
      ("experts", head.evidence.experts.map { .int($0) } ?? .null),
      ("source_norm_convention", .string(head.norms.convention.rawValue)),
      ("norm_evidence", .string(head.norms.evidence)), ("norm_convention", "gamma"),
      ("fc_input_order", ["embedding", "hidden"]), ("hidden_state", "post_norm"), ("indexed", .bool(head.indexed)),
      (
        "pairing",
        .object([
          ("verdict", .string(head.pairing.verdict.rawValue)),
          ("evidence", .array(head.pairing.evidence.map { .string($0) })),
          ("source_commit", head.sourceCommit.map { .string($0) } ?? .null),
          ("donor_commit", head.donorCommit.map { .string($0) } ?? .null),
        ])
      ),
    ])
  }

  private static func tensor(_ planned: PlannedTensor, _ measured: TensorMeasurement, _ plan: Plan) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", .string(planned.name)), ("role", .string(planned.tensor.role.rawValue)),
      ("origin", .string(planned.origin.rawValue)), ("verdict", .string(planned.verdictWord)),
      ("rule", .string(planned.rule)),
    ]
    if let reason = planned.reason { members.append(("reason", .string(reason))) }
    if case .quantize(let format) = planned.verdict { members.append(("format", format.json)) }
    members.append(("transforms", .array(planned.transformNames.map { .string($0) })))
    members.append(
      (
        "source",
        .object([
          ("tensors", .array(planned.tensor.sources.map { .string($0) })),
          ("dtype", .string(planned.tensor.dtype.rawValue)),
          ("shape", .array(planned.tensor.shape.map { .int($0) })), ("bytes", .int(planned.tensor.byteCount)),
          ("tree_sha256", .string(measured.sourceDigest.hex)),
        ])
      ))
    members.append(
      (
        "written",
        .array(
          zip(planned.parts, measured.partDigests).map { part, digest in
            .object([
              ("name", .string(part.name)), ("file", .string(plan.weightFiles[part.file])),
              ("dtype", .string(part.dtype.rawValue)),
              ("shape", .array(part.shape.map { .int($0) })), ("bytes", .int(part.bytes)),
              ("tree_sha256", .string(digest.hex)),
            ])
          })
      ))
    if let delta = planned.tensor.delta, let evidence = measured.delta {
      members.append(("adapter", evidence.json(delta)))
    }
    if let error = measured.error { members.append(("error", error.json)) }
    return .object(members)
  }
}
