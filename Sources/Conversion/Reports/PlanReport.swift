import Audit
import Checkpoint
import Diagnostics
import Manifests
import Planning
import StrictJSON

/// A plan for people and programs: what `cambium plan` prints, and `plan.json` of the work folder.
public struct PlanReport {
  let plan: Plan
  let forecast: Forecast
  let resolution: Resolution
  /// The rates at which times are estimated; nil for no times.
  public var rates: TimeEstimate.Rates?

  /// - Parameters:
  ///   - plan: The tensors and the weight files.
  ///   - forecast: The sizes of all files.
  ///   - resolution: What the manifest was resolved to.
  public init(_ plan: Plan, _ forecast: Forecast, _ resolution: Resolution) {
    self.plan = plan
    self.forecast = forecast
    self.resolution = resolution
  }

  /// How long it would take, when there are rates.
  public var estimate: TimeEstimate? {
    rates.map { rates in
      let cost = forecast.check.check.map { CheckForecast($0, plan, resolution) }
      return TimeEstimate(
        inputBytes: plan.inputBytes, outputBytes: forecast.outputBytes, check: cost.map { ($0.passes, $0.bytes) }, rates
      )
    }
  }

  /// Tensors and bytes by treatment.
  public var treatments: [(verdict: String, tensors: Int, before: Int, after: Int)] {
    ["quantized", "converted", "kept"].map { word in
      let rows = plan.tensors.filter { $0.verdictWord == word }
      return (word, rows.count, rows.reduce(0) { $0 + $1.tensor.byteCount }, rows.reduce(0) { $0 + $1.outputBytes })
    } + [("dropped", plan.dropped.count, plan.dropped.reduce(0) { $0 + $1.bytes }, 0)]
  }

  /// Tensors, bytes and bits per weight by role.
  public var roles: [(role: String, tensors: Int, before: Int, after: Int, bitsPerWeight: Double)] {
    TensorRole.allCases.compactMap { role in
      let rows = plan.tensors.filter { $0.tensor.role == role }
      guard !rows.isEmpty else { return nil }
      let elements = rows.reduce(0) { $0 + $1.rows * $1.rowElements }
      let after = rows.reduce(0) { $0 + $1.outputBytes }
      return (
        role.rawValue, rows.count, rows.reduce(0) { $0 + $1.tensor.byteCount }, after,
        elements == 0 ? 0 : Double(after) * 8 / Double(elements)
      )
    }
  }

  /// Bits per weight over all weights; 0 without any.
  public var bitsPerWeight: Double {
    let elements = plan.tensors.reduce(0.0) { $0 + Double($1.rows) * Double($1.rowElements) }
    let bytes = plan.tensors.reduce(0.0) { $0 + Double($1.outputBytes) }
    return elements > 0 ? bytes * 8 / elements : 0
  }

  /// The whole plan. It names no path of this machine but for the output, which `plan.json` leaves out.
  public var json: JSONValue {
    var members = plan.json.members ?? []
    members.insert(.init(key: "plan_sha256", value: .string(plan.digest.hex)), at: 1)
    members.insert(.init(key: "architecture", value: .string(resolution.source.model.modelType)), at: 2)
    members.insert(.init(key: "pipeline", value: .string(resolution.pipeline.name)), at: 3)
    members.insert(.init(key: "input_bytes", value: .int(plan.inputBytes)), at: 4)
    members.insert(.init(key: "output_bytes", value: .int(forecast.outputBytes)), at: 5)
    members.append(.init(key: "check", value: check))
    if let estimate {
      let feedback = FeedbackForecast(plan)?.members ?? []
      let all = (estimate.json.members ?? []).map { ($0.key, $0.value) } + feedback
      members.append(.init(key: "estimate", value: .object(all)))
    }
    let remote = resolution.remoteInputs
    if !remote.isEmpty { members.append(.init(key: "remote", value: .array(remote.map(\.json)))) }
    members.append(
      .init(
        key: "files",
        value: .array(
          forecast.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }.map {
            .object([("path", .string($0.path)), ("bytes", .int($0.bytes)), ("kind", .string($0.kind))])
          })))
    return JSONValue(.object(members))
  }

  /// The table for a terminal. `everyTensor` adds a line for each tensor with the rule that decided it.
  public func text(everyTensor: Bool) -> String {
    var lines = [
      "architecture  \(resolution.source.model.modelType)",
      "pipeline      \(resolution.pipeline.name)\(pipelineFile): \(resolution.pipeline.summary)",
      "head          \(headLine)", "check         \(checkLine)",
    ]
    lines += resolution.remoteInputs.map { "from the hub  \($0.forecast)" } + [""]
    lines +=
      TextTable(
        ["treatment", "tensors", "bytes before", "bytes after"],
        treatments.map { [$0.verdict, "\($0.tensors)", "\($0.before)", "\($0.after)"] }
      ).lines
    lines.append("")
    lines +=
      TextTable(
        ["role", "tensors", "bytes before", "bytes after", "bits per weight"],
        roles.map { [$0.role, "\($0.tensors)", "\($0.before)", "\($0.after)", Fixed.places($0.bitsPerWeight, 2)] }
      ).lines
    lines.append("")
    lines +=
      TextTable(
        ["file", "bytes", "kind"],
        forecast.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }.map {
          [$0.path, "\($0.bytes)", $0.kind]
        }
      ).lines
    lines.append("total         \(forecast.outputBytes) bytes in \(forecast.files.count) files")
    lines += estimate?.lines ?? []
    if estimate != nil, let feedback = FeedbackForecast(plan) { lines.append(feedback.line) }
    if everyTensor {
      lines.append("")
      lines +=
        TextTable(
          ["tensor", "role", "verdict", "bytes after", "rule"],
          plan.tensors.map { tensor in
            let format = tensor.format.map { " \($0.mode.rawValue)" } ?? ""
            let reason = tensor.reason.map { ": \($0)" } ?? ""
            return [
              tensor.name, tensor.tensor.role.rawValue, tensor.verdictWord + format, "\(tensor.outputBytes)",
              tensor.rule + reason,
            ]
          }
            + plan.dropped.map { [$0.name, "", "dropped", "0", "\($0.rule): \($0.reason)"] }
        ).lines
    }
    for note in plan.notes { lines.append("note: \(note)") }
    return lines.joined(separator: "\n")
  }

  /// What a file calls itself says nothing of what is shipped under that name.
  private var pipelineFile: String {
    resolution.pipelineIsFile ? " (as the file \(resolution.pipeline.path.name) calls itself)" : ""
  }

  private var check: JSONValue {
    switch forecast.check {
    case .none(let reason): .object([("reason", .string(reason))])
    case .decode(let check):
      .object(
        [
          ("prompts", .int(check.prompts)), ("tokens", .int(check.tokens)),
          ("depths", .array(check.depths.map { .int($0) })),
          ("source", source(check)),
        ] + (check.drafter.map { [("drafter", .string($0.name))] } ?? [])
          + (CheckForecast(check, plan, resolution).json.members ?? []).map { ($0.key, $0.value) })
    }
  }

  /// Whether the package is compared with its source, or why not.
  private func source(_ check: DecodeCheck) -> JSONValue {
    guard let obstacle = check.sourceObstacle else { return .bool(true) }
    return .object([("reason", .string(obstacle))])
  }

  private var checkLine: String {
    guard let check = forecast.check.check else { return forecast.check.summary }
    let cost = CheckForecast(check, plan, resolution)
    let copy =
      cost.copied > 0
      ? ", and a copy of the source as it is read, \(Fixed.bytes(cost.copied)) in the work folder meanwhile" : ""
    return forecast.check.summary + ": at most \(cost.passes) passes that read \(Fixed.bytes(cost.bytes))" + copy
  }

  private var headLine: String {
    guard let head = plan.head else { return "none" }
    let origin = head.grafted ? "grafted from the donor" : "the source's own"
    return "\(head.evidence.tensors.count) tensors (\(head.evidence.layout ?? "")), \(origin), to \(head.file)"
  }
}
