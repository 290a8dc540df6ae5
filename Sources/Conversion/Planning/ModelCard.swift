import Checkpoint
import Digests
import Foundation
import Manifests

/// `README.md` of the package: what it is, what it was made of, and the card of the source behind it.
struct ModelCard {
  let resolution: Resolution
  let contents: PlanContents
  private let source: SourceCard

  init(_ resolution: Resolution, _ contents: PlanContents) throws {
    self.resolution = resolution
    self.contents = contents
    source = try SourceCard(folder: resolution.source)
  }

  /// - Parameter check: What decoding gave; nil for a placeholder of the same length.
  func render(_ measurements: [AuditReport.Measurement], _ check: CheckOutcome?) throws -> [UInt8] {
    Array((frontMatter + body(measurements, check)).utf8)
  }

  private var hasVision: Bool { contents.tensors.contains { $0.tensor.role == .vision } }

  private var frontMatter: String {
    var lines = ["---"]
    if let base = baseModel {
      lines += ["base_model: \(base)", "base_model_relation: quantized"]
    }
    lines += source.block("language")
    lines.append("library_name: mlx")
    let licence = source.block("license")
    lines += licence.isEmpty ? ["license: unknown"] : licence
    lines += source.block("license_link") + source.block("license_name")
    let task = source.block("pipeline_tag")
    lines += task.isEmpty ? ["pipeline_tag: \(hasVision ? "image-text-to-text" : "text-generation")"] : task
    lines += ["quantized_by: cambium", "tags:", "- mlx"]
    if contents.head != nil { lines.append("- multi-token-prediction") }
    lines.append("---")
    return lines.joined(separator: "\n") + "\n"
  }

  /// As the manifest says; else the hub repository; else what the source's own card says.
  private var baseModel: String? {
    if let named = resolution.manifest.baseModel { return named }
    if case .hub(let hub) = resolution.manifest.source { return hub.repository }
    return source.block("base_model").first.map {
      $0.dropFirst("base_model:".count).trimmingCharacters(in: .whitespaces)
    }
    .flatMap { $0.isEmpty ? nil : $0 }
  }

  private func body(_ measurements: [AuditReport.Measurement], _ check: CheckOutcome?) -> String {
    let name = resolution.manifest.output.split(separator: "/").last.map(String.init) ?? "package"
    var text = """

      # \(name)

      An MLX package made by cambium \(Tool.version) from \
      \(baseModel.map { "`\($0)`" } ?? "a local checkpoint whose base model is not stated") \
      (`\(resolution.source.model.modelType)`) with the pipeline `\(resolution.pipeline.name)`.


      """
    text += licenceLine + "\n\n"
    text += headLine + "\n\n"
    text += table(measurements)
    text += "\n" + CheckCard(CheckPlan(resolution, contents), name: name).render(check)
    text += """

      `audit.json` lists every tensor: what became of it, by which rule, with digests of what went in and what came out.
      `sha256sum -c SHA256SUMS` checks the files; `cambium verify .` checks the files, the tensors and the configuration.

      | | SHA-256 |
      | --- | --- |
      | manifest | `\(resolution.manifest.digest.hex)` |
      | pipeline | `\(resolution.pipeline.digest.hex)` |

      """
    if !source.body.isEmpty {
      text +=
        "\n## Card of the source\n\nWhat follows is the card of the checkpoint that this package was made from, word for word.\n\n"
      text += source.body
      if !source.body.hasSuffix("\n") { text += "\n" }
    }
    return text
  }

  private var licenceLine: String {
    let licence = source.block("license").first?.dropFirst("license:".count).trimmingCharacters(in: .whitespaces)
    return licence.map { "Licence of the source, which holds for this package too: \($0)." }
      ?? "The source does not state a licence: it is unknown."
  }

  private var headLine: String {
    guard let head = contents.head else { return "The package has no multi-token-prediction head." }
    let origin = head.grafted ? "grafted from a donor" : "the source's own"
    let line =
      "Multi-token-prediction head: `\(head.file)`, \(head.evidence.tensors.count) source tensors, \(origin), norms stored as plain factors."
    switch head.pairing.verdict {
    case .foreign:
      return line + " The head is foreign, trained with another trunk: " + head.pairing.evidence.joined(separator: "; ")
        + "."
    case .unproven: return line + " Nothing but shapes says that it belongs to this trunk."
    case .same, .derived: return line
    }
  }

  /// Tensors and bytes by role and verdict.
  private func table(_ measurements: [AuditReport.Measurement]) -> String {
    var rows: [String: (count: Int, before: Int, after: Int, cosine: Double, measured: Int)] = [:]
    for (tensor, measured) in zip(contents.tensors, measurements) {
      let format = tensor.format.map { " \($0.mode.rawValue) \($0.bits) bits, group \($0.groupSize)" } ?? ""
      var row = rows["\(tensor.tensor.role.rawValue) | \(tensor.verdictWord)\(format)"] ?? (0, 0, 0, 0, 0)
      row.count += 1
      row.before += tensor.tensor.byteCount
      row.after += tensor.outputBytes
      if let error = measured.error {
        row.cosine += error.all.cosine
        row.measured += 1
      }
      rows["\(tensor.tensor.role.rawValue) | \(tensor.verdictWord)\(format)"] = row
    }
    var text =
      "| role | treatment | tensors | bytes before | bytes after | mean cosine |\n| --- | --- | --- | --- | --- | --- |\n"
    for (key, row) in rows.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let cosine = row.measured > 0 ? Fixed.eight(row.cosine / Double(row.measured)) : "–"
      text += "| \(key) | \(row.count) | \(row.before) | \(row.after) | \(cosine) |\n"
    }
    return text
  }
}

/// The front matter and the text of a source's card, taken apart without interpreting them.
struct SourceCard {
  private let front: [String]
  let body: String

  init(folder: CheckpointFolder) throws {
    guard folder.sidecars.hasCard else {
      front = []
      body = ""
      return
    }
    let bytes = try ReadOnlyFile(path: folder.path + "/README.md").readAll(limit: 4 << 20)
    let text = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      front = []
      body = text
      return
    }
    front = Array(lines[1..<end])
    body = lines[(end + 1)...].drop { $0.isEmpty }.joined(separator: "\n")
  }

  /// The repositories that `base_model` names.
  var baseModels: [String] {
    block("base_model").map { line in
      let text = line.hasPrefix("base_model:") ? String(line.dropFirst("base_model:".count)) : line
      return text.trimmingCharacters(in: CharacterSet(charactersIn: " -\"'"))
    }.filter { !$0.isEmpty }
  }

  /// The lines of a top-level key, continuation lines included; empty when the key is not there.
  func block(_ key: String) -> [String] {
    guard let start = front.firstIndex(where: { $0.hasPrefix(key + ":") }) else { return [] }
    let rest = front[(start + 1)...].prefix { $0.hasPrefix(" ") || $0.hasPrefix("-") }
    return [front[start]] + rest
  }
}
