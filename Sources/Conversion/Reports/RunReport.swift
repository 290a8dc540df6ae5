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
    let written = CheckedSum.clamped(plan.tensors.map(\.outputBytes))
    lines.append(
      "tensors       \(Fixed.bytes(plan.inputBytes)) before, \(Fixed.bytes(written)) after: "
        + "\(Fixed.places(report.bitsPerWeight, 2)) bits per weight")
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
    if let check = summary.check { lines += checkLines(check) }
    if let budget = plan.budget {
      let measured = summary.check?.source.map { Fixed.places($0.klMean, 6) + " measured, on another text" }
      lines.append(
        "budget        KL \(Fixed.places(budget.predictedKL, 6)) predicted"
          + (measured.map { ", \($0)" } ?? ", not measured"))
    }
    lines += readerLines
    if let bytes = summary.packageBytes {
      lines.append(
        "package       \(Fixed.bytes(bytes)), \(bytes) bytes in \(report.forecast.files.count) files, as planned")
      lines.append(report.resolution.output.string)
    } else {
      lines.append("stopped after \(summary.until.rawValue), as asked; work folder \(summary.work)")
    }
    return lines.joined(separator: "\n")
  }

  /// Commands that use the package, of the newest readers that load it; none before there is one.
  public var commands: [String] {
    guard let readers, report.resolution.target == .package else { return [] }
    return UseCard(readers).commands(UseCard.quoted(report.resolution.output.string))
  }

  /// The readers by name, those that load the head first.
  private var readerLines: [String] {
    guard let readers else { return [] }
    let words: [(ReaderVerdict.Word, String)] = [
      (.withHead, "with head"), (.withoutHead, "without head"), (.refuses, "refused by"), (.corrupts, "corrupted by"),
    ]
    return words.compactMap { word, label in
      let names = readers.rows.filter { $0.verdict.word == word }.map(\.reader.name)
      guard !names.isEmpty else { return nil }
      return label + String(repeating: " ", count: 14 - label.count) + names.joined(separator: ", ")
    }
  }

  private func checkLines(_ outcome: CheckOutcome) -> [String] {
    if let reason = outcome.reason { return ["decode check  none: \(reason)"] }
    let shares = acceptance(outcome).map { row in
      let places = row.shares.map { $0.map { Fixed.places($0 * 100, 0) } ?? "–" }.joined(separator: ", ")
      return "depth \(row.depth): \(places) %"
    }
    // Without a head there are no depths.
    let accepted = shares.isEmpty ? [] : ["accepted      \(shares.joined(separator: "; ")) of the drafts, by place"]
    return ["decode check  bit-identical with \(report.forecast.check.summary)"] + accepted + [
      "source        " + (outcome.source?.words ?? "not compared: \(outcome.notCompared ?? "")")
    ]
  }

  /// What was accepted at each depth of the check.
  private func acceptance(_ outcome: CheckOutcome) -> [(depth: Int, shares: [Double?], tokensPerRound: Double?)] {
    (report.forecast.check.check?.depths ?? []).map { depth in
      let found = outcome.acceptance(depth: depth)
      return (depth, found?.shares ?? [], found?.tokensPerRound)
    }
  }

  private var acceptanceJSON: JSONValue {
    guard let outcome = summary.check, outcome.reason == nil else { return .null }
    func number(_ value: Double?) -> JSONValue { value.map { JSONValue(.number(Fixed.places($0, 4))) } ?? .null }
    return .array(
      acceptance(outcome).map { row in
        .object([
          ("depth", .int(row.depth)), ("share", .array(row.shares.map(number))),
          ("tokens_per_round", number(row.tokensPerRound)),
        ])
      })
  }

  private var treatmentsJSON: JSONValue {
    .array(
      report.treatments.map {
        .object([
          ("treatment", .string($0.verdict)), ("tensors", .int($0.tensors)), ("bytes_before", .int($0.before)),
          ("bytes_after", .int($0.after)),
        ])
      })
  }

  /// The document of `run --json`.
  public var json: JSONValue {
    let begin: [(String, JSONValue)] = [
      ("cambium_run", .int(1)), ("tool", .string(Tool.name)), ("output", .string(report.resolution.output.string)),
      ("work", .string(summary.work.string)), ("plan_sha256", .string(plan.digest.hex)),
      ("done", .array(summary.done.map { .string($0.rawValue) })),
      ("reused", .array(summary.reused.map { .string($0.rawValue) })), ("treatments", treatmentsJSON),
    ]
    let measured: [(String, JSONValue)] = [
      ("mean_cosine", summary.meanCosine.map { JSONValue(.number(Fixed.eight($0))) } ?? .null),
      ("least_cosine", summary.worst.map { JSONValue(.number(Fixed.eight($0.cosine))) } ?? .null),
      ("least_cosine_tensor", summary.worst.map { .string($0.tensor) } ?? .null),
      ("head_tensors", .int(plan.head?.evidence.tensors.count ?? 0)),
      ("bits_per_weight", JSONValue(.number(Fixed.places(report.bitsPerWeight, 4)))),
      ("check", summary.check?.summary ?? .null), ("acceptance", acceptanceJSON),
      ("source_distance", summary.check?.source?.json ?? .null),
    ]
    let package: [(String, JSONValue)] = [
      ("readers", readers?.json ?? .null), ("package_bytes", summary.packageBytes.map { .int($0) } ?? .null),
      ("sums_sha256", summary.sums.map { .string($0.hex) } ?? .null),
    ]
    return .object(begin + measured + package)
  }
}
