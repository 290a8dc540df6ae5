import Checkpoint
import Diagnostics
import Manifests
import Measuring
import Planning
import Readers

/// `README.md` of the package: what it is, what it was made of, and after that the card of the source.
package struct ModelCard {
  let resolution: Resolution
  let plan: Plan
  let check: CheckPlan
  let readers: ReaderMatrix
  let source: SourceCard

  /// - Parameters:
  ///   - plan: what is made.
  ///   - resolution: of which source, donor and manifest.
  ///   - check: whether decoding is checked.
  ///   - readers: what readers make of the package.
  package init(_ plan: Plan, _ resolution: Resolution, check: CheckPlan, readers: ReaderMatrix) throws {
    self.readers = readers
    self.resolution = resolution
    self.plan = plan
    self.check = check
    source = try SourceCard(folder: resolution.source)
  }

  /// - Parameters:
  ///   - measurements: the errors of the tensors.
  ///   - outcome: The outcome of decoding; nil for a placeholder of the same length.
  package func render(_ measurements: [TensorMeasurement], _ outcome: CheckOutcome?) throws -> [UInt8] {
    try Array((frontMatter + body(measurements, outcome)).utf8)
  }

  private var hasVision: Bool { plan.tensors.contains { $0.tensor.role == .vision } }

  private var frontMatter: String {
    var lines = ["---"]
    if baseModels.count == 1 { lines.append("base_model: \(YAMLScalar.text(baseModels[0]))") }
    if baseModels.count > 1 { lines += ["base_model:"] + baseModels.map { "- \(YAMLScalar.text($0))" } }
    if !baseModels.isEmpty { lines.append("base_model_relation: quantized") }
    lines += source.block("language")
    lines.append("library_name: mlx")
    lines += source.licence == nil ? ["license: unknown"] : source.block("license")
    if source.licence != nil { lines += source.block("license_link") + source.block("license_name") }
    let task = source.block("pipeline_tag")
    lines += task.isEmpty ? ["pipeline_tag: \(hasVision ? "image-text-to-text" : "text-generation")"] : task
    lines += ["quantized_by: cambium", "tags:", "- mlx"]
    if plan.head != nil { lines.append("- multi-token-prediction") }
    lines.append("---")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The base models that the manifest names; else the hub repository; else those that the source's own card names.
  private var baseModels: [String] {
    if let named = resolution.manifest.baseModel { return [named] }
    if case .hub(let hub) = resolution.manifest.source { return [hub.repository] }
    return source.baseModels
  }

  private func body(_ measurements: [TensorMeasurement], _ outcome: CheckOutcome?) throws -> String {
    let name = resolution.manifest.output.lastComponent?.string ?? "package"
    var text = """

      # \(name)

      An MLX package made by cambium \(Tool.version) from \
      \(baseModels.isEmpty ? "a local checkpoint whose base model is not stated" : baseModels.map(MarkdownText.code).joined(separator: ", ")) \
      (`\(resolution.source.model.modelType)`) with the pipeline `\(resolution.pipeline.name)`\(resolution.pipelineIsFile ? ", a file of its own that calls itself so" : "").


      """
    text += try licenceLines.joined(separator: "\n\n") + "\n\n"
    if let line = adapterLine { text += line + "\n\n" }
    text += headLine + "\n\n"
    if let line = drafterLine { text += line + "\n\n" }
    if let line = tokenizerLine { text += line + "\n\n" }
    text += table(measurements).text
    text += "\n" + CheckCard(check).render(outcome)
    text += """

      `audit.json` lists every tensor: what became of it, by which rule, with digests of what went in and what came out.
      `sha256sum -c SHA256SUMS` checks the files; `cambium verify .` checks the files, the tensors and the configuration.

      | | SHA-256 |
      | --- | --- |
      | manifest | `\(resolution.manifest.digest.hex)` |
      | pipeline | `\(resolution.pipeline.digest.hex)` |

      """
    if resolution.target == .package {
      text += "\n" + UseCard(readers).section(name, isRun: isRun, hasHead: plan.head != nil)
    }
    if let own = resolution.cardText {
      text += ModelCard.ownBegin + "\n" + own.text + (own.text.hasSuffix("\n") ? "" : "\n")
    }
    if !source.body.isEmpty {
      text +=
        "\n## Card of the source\n\nWhat follows is the card of the checkpoint that this package was made from, word for word.\n\n"
      text += source.body
      if !source.body.hasSuffix("\n") { text += "\n" }
    }
    return text
  }

  /// Where a person's own text begins. What follows is theirs, and proves nothing.
  package static let ownBegin = "\n## About this model\n"

  /// Whether the runner computes the model: a check that could not be planned says that it does not.
  private var isRun: Bool {
    if case .decode = check { return true }
    return resolution.check == nil || (plan.head == nil && resolution.drafter == nil)
  }

  /// What was merged into the source; nil for nothing.
  private var adapterLine: String? {
    guard let adapter = resolution.adapter else { return nil }
    let changed = plan.tensors.count { $0.tensor.delta != nil }
    var name = "a local folder"
    if case .hub(let hub) = adapter.reference { name = "`\(hub.repository)`" }
    return
      "A LoRA adapter of rank \(adapter.config.rank), from \(name), was merged into the source before anything else: it "
      + "changes \(changed) tensors, each with its share in `audit.json`."
  }

  /// The drafter in the package; nil without one.
  private var drafterLine: String? {
    guard let drafter = resolution.drafter else { return nil }
    var name = "a local folder"
    if case .hub(let hub) = drafter.reference { name = "`\(hub.repository)`" }
    let block = drafter.block.map { ", blocks of \($0)" } ?? ""
    return
      "Drafter: `\(DraftCheckpoint.folder)/`, \(MarkdownText.text(drafter.architecture))\(block), "
      + "\(drafter.tensors.count) tensors as they were, from \(name). mlx-vlm takes the folder as draft model."
  }

  /// Says that the tokenizer's file is not from the source; nil where it is.
  private var tokenizerLine: String? {
    guard KnownFiles.made(resolution).contains(where: { $0.name == PackageFiles.tokenizer })
    else { return nil }
    return
      "`tokenizer.json` was made by cambium of the source's `vocab.json`, `merges.txt` and `tokenizer_config.json`: the source "
      + "has none, and not every reader takes these."
  }

  private var headLine: String {
    guard let head = plan.head else { return "The package has no multi-token-prediction head." }
    let origin = head.grafted ? "grafted from a donor" : "the source's own"
    var line =
      "Multi-token-prediction head: `\(head.file)`, \(head.evidence.tensors.count) source tensors, \(origin), norms stored as plain factors."
    if head.file == WeightLayout.nestedHeadFile {
      line += " It lies where vllm-mlx looks for it; mlx-vlm does not find it there."
    }
    switch head.pairing.verdict {
    case .foreign:
      return line + " The head is foreign, trained with another trunk: " + head.pairing.evidence.joined(separator: "; ")
        + "."
    case .unproven: return line + " Nothing but shapes says that it belongs to this trunk."
    case .same, .derived: return line
    }
  }

  /// Tensors and bytes by role and verdict.
  private func table(_ measurements: [TensorMeasurement]) -> CardTable {
    var table = CardTable()
    for (tensor, measured) in zip(plan.tensors, measurements) {
      let format = tensor.format.map(CardTable.format) ?? ""
      table.add(
        role: tensor.tensor.role.rawValue, treatment: tensor.verdictWord + format, before: tensor.tensor.byteCount,
        after: tensor.outputBytes, cosine: measured.error?.all.cosine)
    }
    return table
  }
}
