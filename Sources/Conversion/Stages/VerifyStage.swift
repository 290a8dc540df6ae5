import Checkpoint
import Foundation
import Manifests
import Quantization
import StrictJSON
import Workspace

/// Holds what was read back against plan and source: structure, kept bytes, the error of every quantized tensor against
/// its thresholds. The quantize stage has read the weights back while it wrote them; see ``ReadBack``.
struct VerifyStage: Stage {
  let name = StageName.verify

  func parameters(_ context: RunContext) -> JSONValue { context.resolution.thresholds.json }

  func inputs(_ context: RunContext) throws -> [FileRecord] { try context.outputRecords(of: .quantize) }

  func run(_ context: RunContext) throws -> [FileRecord] {
    let plan = context.plan
    let folder = context.folder(.quantize)
    let files = context.contents.weights
    context.observer.began(.verify, bytes: 0)
    try WeightStructure.require(context.contents, folder: folder)
    let list = try UnitList.of(context)
    let partDigests = context.partDigests(list.files)
    let measurements = plan.tensors.indices.map { number in
      AuditReport.Measurement(
        sourceDigest: list.sourceDigest(number, context), partDigests: partDigests[number],
        sums: list.errors(number, context))
    }
    try context.requireKept(measurements)
    try requireThresholds(context, measurements)
    let records = zip(files, list.files).map { FileRecord(path: $0.path, bytes: $0.bytes, sha256: $1.sha256) }
    return [try context.write(Measurements.json(plan, measurements, files: records), as: "verify.json", of: .verify)]
  }

  /// Mean cosine and the worst tensor, from the stage's report.
  static func summarize(_ context: RunContext, into summary: inout Run.Summary) throws {
    let measurements = try Measurements.read(context)
    let cosines = zip(context.plan.tensors, measurements).compactMap { tensor, measured in
      measured.error.map { (tensor.name, $0.all.cosine) }
    }
    guard !cosines.isEmpty else { return }
    summary.meanCosine = cosines.reduce(0) { $0 + $1.1 } / Double(cosines.count)
    summary.worst = cosines.min { $0.1 < $1.1 }.map { (tensor: $0.0, cosine: $0.1) }
  }

  private func requireThresholds(_ context: RunContext, _ measurements: [AuditReport.Measurement]) throws {
    let rows = zip(context.plan.tensors, measurements).compactMap { tensor, measured in
      measured.error.map { (name: tensor.name, role: tensor.tensor.role, error: $0.all) }
    }
    // A quantized tensor that points away from its source is wrong under any thresholds.
    try check(Thresholds.Limits(minCosine: 0), rows, "the built-in floor")
    try check(context.resolution.thresholds.all, rows, "the threshold")
    for (role, limits) in context.resolution.thresholds.byRole.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      try check(limits, rows.filter { $0.role == role }, "the threshold for role \(role.rawValue)")
    }
  }

  private func check(
    _ limits: Thresholds.Limits, _ rows: [(name: String, role: TensorRole, error: TensorError.Measures)],
    _ what: String
  ) throws {
    guard !rows.isEmpty else { return }
    func worst(
      _ bad: [(name: String, role: TensorRole, error: TensorError.Measures)],
      _ value: (TensorError.Measures) -> Double
    )
      -> String
    {
      bad.prefix(5).map { "\($0.name) \(Fixed.eight(value($0.error)))" }.joined(separator: ", ")
        + (bad.count > 5 ? " and \(bad.count - 5) more" : "")
    }
    if let least = limits.minCosine {
      let bad = rows.filter { !($0.error.cosine >= least) }.sorted {
        ($0.error.cosine, $0.name) < ($1.error.cosine, $1.name)
      }
      if let first = bad.first {
        throw missed(
          "the cosine of \(bad.count) tensors is below \(what)", first.name, "at least \(least)", worst(bad, \.cosine))
      }
    }
    if let most = limits.maxRelativeRMS {
      let bad = rows.filter { !($0.error.relativeRMS <= most) }
        .sorted { ($1.error.relativeRMS, $0.name) < ($0.error.relativeRMS, $1.name) }
      if let first = bad.first {
        throw missed(
          "the relative error of \(bad.count) tensors is above \(what)", first.name, "at most \(most)",
          worst(bad, \.relativeRMS))
      }
    }
    if let mean = limits.meanCosine {
      let actual = rows.reduce(0) { $0 + $1.error.cosine } / Double(rows.count)
      if !(actual >= mean) {
        let sorted = rows.sorted { ($0.error.cosine, $0.name) < ($1.error.cosine, $1.name) }
        throw missed(
          "the mean cosine \(Fixed.eight(actual)) is below \(what)", nil, "at least \(mean)",
          "worst: " + worst(sorted, \.cosine))
      }
    }
  }

  private func missed(_ summary: String, _ tensor: String?, _ expected: String, _ found: String) -> ConversionError {
    .verification(
      summary: summary, file: nil, tensor: tensor, expected: expected, found: found,
      next: "give these tensors more bits by a rule, or lower the threshold in the manifest")
  }
}

extension Thresholds {
  /// Canonical form, for receipts.
  var json: JSONValue {
    func limits(_ limits: Limits) -> JSONValue {
      .object(
        [
          ("min_cosine", limits.minCosine), ("mean_cosine", limits.meanCosine),
          ("max_relative_rms", limits.maxRelativeRMS),
        ]
        .compactMap { name, value in value.map { (name, .string(String($0.bitPattern, radix: 16))) } })
    }
    return .object([
      ("all", limits(all)),
      (
        "by_role",
        .object(byRole.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.rawValue, limits($0.value)) })
      ),
    ])
  }
}
