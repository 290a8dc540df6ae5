import Audit
import Diagnostics
import Planning
import Readers
import StrictJSON

/// What a finished run says on standard output.
public struct RunReport {
  private let report: PlanReport
  private let summary: RunSummary

  /// - Parameters:
  ///   - report: of the plan that was carried out.
  ///   - summary: What the run did.
  public init(_ report: PlanReport, _ summary: RunSummary) {
    self.report = report
    self.summary = summary
  }

  private var plan: Plan { report.plan }

  /// What readers make of the folder that was made.
  private var readers: ReaderMatrix? {
    summary.packageBytes == nil ? nil : report.forecast.readers
  }

  /// The lines that a run ends with.
  public var text: String {
    var lines: [String] = []
    lines +=
      TextTable(
        ["treatment", "tensors", "bytes before", "bytes after"],
        report.treatments.map { [$0.verdict, "\($0.tensors)", "\($0.before)", "\($0.after)"] }
      ).lines
    lines.append("")
    lines.append(
      "tensors       \(plan.inputBytes) bytes before, \(plan.tensors.reduce(0) { $0 + $1.outputBytes }) after")
    if let mean = summary.meanCosine {
      lines.append("mean cosine   \(Fixed.eight(mean)) over the quantized tensors")
      if let worst = summary.worst { lines.append("least cosine  \(Fixed.eight(worst.cosine)) in \(worst.tensor)") }
    }
    if let head = plan.head {
      lines.append(
        "MTP head      present: \(head.evidence.tensors.count) tensors in \(head.file), "
          + (head.grafted ? "grafted from the donor" : "the source's own"))
    } else {
      lines.append("MTP head      none")
    }
    if let check = summary.check { lines.append("decode check  \(checkLine(check))") }
    if let readers { lines.append("readers       \(readers.summary)") }
    if let bytes = summary.packageBytes {
      lines.append("package       \(bytes) bytes in \(report.forecast.files.count) files, as planned")
      lines.append(report.resolution.output.string)
    } else {
      lines.append("stopped after \(summary.until.rawValue), as asked; work folder \(summary.work)")
    }
    return lines.joined(separator: "\n")
  }

  private func checkLine(_ outcome: CheckOutcome) -> String {
    if let reason = outcome.reason { return "none: \(reason)" }
    let plan = report.forecast.check
    let accepted = (plan.check?.depths ?? []).map { depth in
      (outcome.acceptance(depth: depth)?.shares ?? []).map { $0.map { Fixed.places($0, 2) } ?? "-" }
        .joined(separator: " ")
    }
    return "equal to the bit with \(plan.summary); accepted by place " + accepted.joined(separator: ", ")
  }

  /// The document of `run --json`.
  public var json: JSONValue {
    .object([
      ("cambium_run", .int(1)), ("tool", .string(Tool.name)), ("output", .string(report.resolution.output.string)),
      ("work", .string(summary.work.string)), ("plan_sha256", .string(plan.digest.hex)),
      ("done", .array(summary.done.map { .string($0.rawValue) })),
      ("reused", .array(summary.reused.map { .string($0.rawValue) })),
      (
        "treatments",
        .array(
          report.treatments.map {
            .object([
              ("treatment", .string($0.verdict)), ("tensors", .int($0.tensors)), ("bytes_before", .int($0.before)),
              ("bytes_after", .int($0.after)),
            ])
          })
      ),
      ("mean_cosine", summary.meanCosine.map { JSONValue(.number(Fixed.eight($0))) } ?? .null),
      ("least_cosine", summary.worst.map { JSONValue(.number(Fixed.eight($0.cosine))) } ?? .null),
      ("least_cosine_tensor", summary.worst.map { .string($0.tensor) } ?? .null),
      ("head_tensors", .int(plan.head?.evidence.tensors.count ?? 0)),
      ("check", summary.check?.summary ?? .null),
      ("readers", readers?.json ?? .null),
      ("package_bytes", summary.packageBytes.map { .int($0) } ?? .null),
    ])
  }
}
