import Checkpoint
import Foundation
import StrictJSON

/// A plan for people and programs: what `cambium plan` prints, and `plan.json` of the work folder.
public struct PlanReport {
  private let run: Run

  public init(_ run: Run) { self.run = run }

  /// Tensors and bytes by treatment.
  public var treatments: [(verdict: String, tensors: Int, before: Int, after: Int)] {
    ["quantized", "converted", "kept"].map { word in
      let rows = run.plan.tensors.filter { $0.verdictWord == word }
      return (word, rows.count, rows.reduce(0) { $0 + $1.tensor.byteCount }, rows.reduce(0) { $0 + $1.outputBytes })
    } + [("dropped", run.plan.dropped.count, run.plan.dropped.reduce(0) { $0 + $1.bytes }, 0)]
  }

  /// Tensors, bytes and bits per weight by role.
  public var roles: [(role: String, tensors: Int, before: Int, after: Int, bitsPerWeight: Double)] {
    TensorRole.allCases.compactMap { role in
      let rows = run.plan.tensors.filter { $0.tensor.role == role }
      guard !rows.isEmpty else { return nil }
      let elements = rows.reduce(0) { $0 + $1.rows * $1.rowElements }
      let after = rows.reduce(0) { $0 + $1.outputBytes }
      return (
        role.rawValue, rows.count, rows.reduce(0) { $0 + $1.tensor.byteCount }, after,
        elements == 0 ? 0 : Double(after) * 8 / Double(elements)
      )
    }
  }

  /// The whole plan. It names no path of this machine but for the output, which `plan.json` leaves out.
  public var json: JSONValue {
    let plan = run.plan
    let contents = plan.contents
    var members = contents.json.members ?? []
    members.insert(.init(key: "plan_sha256", value: .string(plan.digest.hex)), at: 1)
    members.insert(.init(key: "architecture", value: .string(run.resolution.source.model.modelType)), at: 2)
    members.insert(.init(key: "pipeline", value: .string(run.resolution.pipeline.name)), at: 3)
    members.insert(.init(key: "input_bytes", value: .int(plan.inputBytes)), at: 4)
    members.insert(.init(key: "output_bytes", value: .int(plan.outputBytes)), at: 5)
    members.append(.init(key: "check", value: check(contents)))
    members.append(
      .init(
        key: "files",
        value: .array(
          plan.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }.map {
            .object([("path", .string($0.path)), ("bytes", .int($0.bytes)), ("kind", .string($0.kind))])
          })))
    return JSONValue(.object(members))
  }

  /// The table for a terminal. `everyTensor` adds a line for each tensor with the rule that decided it.
  public func text(everyTensor: Bool) -> String {
    let plan = run.plan
    var lines = [
      "architecture  \(run.resolution.source.model.modelType)",
      "pipeline      \(run.resolution.pipeline.name): \(run.resolution.pipeline.summary)",
      "head          \(headLine)", "check         \(checkLine)", "",
    ]
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
        plan.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }.map {
          [$0.path, "\($0.bytes)", $0.kind]
        }
      ).lines
    lines.append("total         \(plan.outputBytes) bytes in \(plan.files.count) files")
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

  private func check(_ contents: PlanContents) -> JSONValue {
    switch CheckPlan(run.resolution, contents) {
    case .none(let reason): .object([("reason", .string(reason))])
    case .decode(let check):
      .object(
        [
          ("prompts", .int(check.prompts)), ("tokens", .int(check.tokens)),
          ("depths", .array(check.depths.map { .int($0) })),
        ] + (CheckForecast(check, run.resolution, contents).json.members ?? []).map { ($0.key, $0.value) })
    }
  }

  private var checkLine: String {
    let contents = run.plan.contents
    let plan = CheckPlan(run.resolution, contents)
    guard let check = plan.check else { return plan.summary }
    let forecast = CheckForecast(check, run.resolution, contents)
    return plan.summary + ": at most \(forecast.passes) passes that read \(Fixed.bytes(forecast.bytes))"
  }

  private var headLine: String {
    guard let head = run.plan.head else { return "none" }
    let origin = head.grafted ? "grafted from the donor" : "the source's own"
    return "\(head.evidence.tensors.count) tensors (\(head.evidence.layout ?? "")), \(origin), to \(head.file)"
  }
}

/// Columns for a terminal: the first left-aligned, numbers right-aligned.
public struct TextTable {
  public let lines: [String]

  public init(_ header: [String], _ rows: [[String]]) {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let numeric = header.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { $0[column].allSatisfy { $0.isNumber || $0 == "." || $0 == "–" } }
    }
    lines = all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let pad = String(repeating: " ", count: widths[column] - cell.count)
        line += numeric[column] ? pad + cell : column + 1 == row.count ? cell : cell + pad
        if column + 1 < row.count { line += "  " }
      }
      return line
    }
  }
}

extension Fixed {
  /// A decimal with a number of places, by integer arithmetic.
  static func places(_ value: Double, _ places: Int) -> String {
    var factor = 1
    for _ in 0..<places { factor *= 10 }
    let scaled = (value * Double(factor)).rounded()
    guard scaled.isFinite, abs(scaled) < 9e15 else { return "inf" }
    let whole = Int(abs(scaled))
    let fraction = String(whole % factor)
    let sign = scaled < 0 ? "-" : ""
    guard places > 0 else { return sign + String(whole) }
    return sign + "\(whole / factor)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
