import Checkpoint
import Digests
import Manifests
import Quantization
import StrictJSON

/// `audit.json`: every tensor's verdict, with digests of what went in and came out. Format: see the page *Audit report*.
///
/// Every value has a width that the plan knows, so the file's size is predicted to the byte.
struct AuditReport {
  /// What verification measured of one tensor.
  struct Measurement: Sendable, Equatable {
    var sourceDigest: SHA256Digest
    /// Of each part, in the order of the plan.
    var partDigests: [SHA256Digest]
    /// Nil for a tensor that is not quantized.
    var sums: TensorErrorSums?

    var error: TensorError? { sums.map(TensorError.init) }

    /// Stands in for measurements while the plan computes sizes.
    static func placeholder(_ tensor: PlannedTensor) -> Measurement {
      let zero = SHA256Digest.of([])
      return Measurement(
        sourceDigest: zero, partDigests: Array(repeating: zero, count: tensor.parts.count),
        sums: ErrorMeter(tensor).map { TensorErrorSums(halves: $0.halfRow == nil ? 0 : 2) })
    }
  }

  /// Facts of the run besides the tensors.
  struct Context {
    var manifestDigest: SHA256Digest
    var pipeline: String
    var pipelineDigest: SHA256Digest
    var planDigest: SHA256Digest
    /// `source/…` and `donor/…` with digests, in byte order.
    var inputs: [LockFile.File]
    /// What readers make of the package, foretold from the plan.
    var readers: ReaderMatrix
  }

  static func json(_ plan: PlanContents, _ context: Context, _ measurements: [Measurement]) -> JSONValue {
    .object([
      ("cambium_audit", .int(1)), ("tool", .string(Tool.name)),
      ("manifest_sha256", .string(context.manifestDigest.hex)), ("pipeline", .string(context.pipeline)),
      ("pipeline_sha256", .string(context.pipelineDigest.hex)), ("plan_sha256", .string(context.planDigest.hex)),
      (
        "inputs",
        .array(context.inputs.map(\.json))
      ), ("head", head(plan)), ("readers", context.readers.json),
      ("notes", .array(plan.notes.map { .string($0) })),
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

  private static func head(_ plan: PlanContents) -> JSONValue {
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

  private static func tensor(_ planned: PlannedTensor, _ measured: Measurement, _ plan: PlanContents) -> JSONValue {
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
    if let error = measured.error { members.append(("error", error.json)) }
    return .object(members)
  }
}

extension QuantizationFormat {
  /// `{"mode", "bits", "group_size", "reference", "scale_rule"}`.
  var json: JSONValue {
    .object([
      ("mode", .string(mode.rawValue)), ("bits", .int(bits)), ("group_size", .int(groupSize)),
      ("reference", .string(reference.rawValue)), ("scale_rule", .string(scaleRule.rawValue)),
    ])
  }
}

extension PlannedTensor {
  /// Every named transform on the way from source to package, in order.
  var transformNames: [String] {
    var names: [String] = []
    if tensor.assembly != "copy" { names.append(tensor.assembly) }
    if !tensor.blockScales.isEmpty { names.append("dequantize_fp8_blocks") }
    if tensor.transform != .none { names.append(tensor.transform.rawValue) }
    if case .cast(let type) = verdict, type.dtype != tensor.valueDType { names.append("cast_\(type.rawValue)") }
    return names
  }
}
