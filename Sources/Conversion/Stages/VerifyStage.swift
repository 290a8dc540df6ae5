import Checkpoint
import Diagnostics
import Manifests
import Measuring
import Planning
import Streaming
import StrictJSON
import Workspace

/// Checks what was read back against plan and source: structure, kept bytes, the error of every quantized tensor against
/// its thresholds. The quantize stage has read the weights back while it wrote them; see ``ReadBack``.
struct VerifyStage: Stage {
  let name = StageName.verify
  let folder: WorkFolder
  let plan: Plan
  let thresholds: Thresholds
  let work: WorkList
  let units: FinishedUnits
  let published: PublishedWeights
  let observer: any RunObserver

  func parameters() -> JSONValue { thresholds.json }

  func inputRecords() throws -> [FileRecord] { try folder.outputRecords(of: .quantize) }

  var outputPaths: [String] { [Measurements.fileName] }

  func prepare() throws { try published.takeBack() }

  func run() throws -> [FileRecord] {
    observer.began(name, bytes: 0)
    try WeightStructure.require(plan, folder: folder.folder(.quantize))
    let list = try units.list()
    let measured = try list.measurements(plan, work)
    try requireNumbers(measured)
    try requireKept(measured)
    if measured.contains(where: { $0.delta != nil }), measured.allSatisfy({ $0.delta?.sums.changed ?? 0 == 0 }) {
      observer.note("the adapter changes no element: was it trained?")
    }
    try requireThresholds(measured)
    let files = zip(plan.weights, list.weightDigests).map {
      FileRecord(path: $0.path, bytes: $0.bytes, sha256: $1)
    }
    let report = Measurements(measured, files: files)
    return [try folder.write(report.json(plan), as: Measurements.fileName, of: name)]
  }

  /// Mean cosine and the worst tensor, from the stage's report.
  func conclude(_ summary: inout RunSummary) throws {
    let measurements = try Measurements(folder, plan).tensors
    let cosines = zip(plan.tensors, measurements).compactMap { tensor, measured in
      measured.error.map { (tensor.name, $0.all.cosine) }
    }
    guard !cosines.isEmpty else { return }
    summary.meanCosine = cosines.reduce(0) { $0 + $1.1 } / Double(cosines.count)
    summary.worst = cosines.min { $0.1 < $1.1 }.map { (tensor: $0.0, cosine: $0.1) }
  }

  /// What was kept as it was has the digest of its source.
  private func requireKept(_ measurements: [TensorMeasurement]) throws {
    for (tensor, measured) in zip(plan.tensors, measurements) where tensor.isCopy {
      guard measured.partDigests.first == measured.sourceDigest else {
        throw VerificationError.keptDiffers(
          file: plan.weightFiles[tensor.parts[0].file], tensor: tensor.name,
          expected: "tree_sha256 \(measured.sourceDigest.hex)", found: measured.partDigests.first?.hex ?? "nothing")
      }
    }
  }

  /// Every measure is a number: thresholds, reports and the card rest on them.
  private func requireNumbers(_ measurements: [TensorMeasurement]) throws {
    for (tensor, measured) in zip(plan.tensors, measurements) {
      if let measure = measured.error?.notANumber {
        throw ConversionError.measure(tensor: tensor.name, measure: measure)
      }
    }
  }

  private func requireThresholds(_ measurements: [TensorMeasurement]) throws {
    let rows = zip(plan.tensors, measurements).compactMap { tensor, measured in
      measured.error.map { ThresholdCheck.Row(name: tensor.name, role: tensor.tensor.role, error: $0.all) }
    }
    // A quantized tensor that points away from its source is wrong under any thresholds.
    try ThresholdCheck(limits: Thresholds.Limits(minCosine: 0), words: "the built-in floor").require(rows)
    try ThresholdCheck(limits: thresholds.all, words: "the threshold").require(rows)
    for (role, limits) in thresholds.byRole.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      try ThresholdCheck(limits: limits, words: "the threshold for role \(role.rawValue)")
        .require(rows.filter { $0.role == role })
    }
  }
}
