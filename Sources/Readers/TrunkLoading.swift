import Checkpoint
import StrictJSON

/// What becomes of a trunk in the hands of a reader.
enum TrunkLoading {
  /// How a reader tells a Hugging Face checkpoint, and what it does with a head among the files it takes.
  struct Rules {
    /// The mere presence of `mtp.*` makes it add 1 to norms that are plain factors already.
    let headMeansRaw: Bool
    /// Names under which it knows a qwen3_next trunk that is converted.
    let nextPrefixes: [String]
    /// Whether it has classes for text-only exports of Qwen3.5.
    let knowsTextModels: Bool
    /// It looks for the parameters of a single module under its own names only, which begin with `language_model.`.
    var missesOverrides = false
    /// It looks for a wrapper's text model in `text_config` only; others read a flat configuration, too.
    var needsTextConfig = false
  }

  /// The verdict on the trunk alone: nil when it is loaded as it should be.
  static func obstacle(_ view: PackageView, _ files: [PackageView.File], _ rules: Rules) -> ReaderVerdict? {
    if view.isDrafter { return ReaderVerdict(.refuses, "the folder is a drafter, not a model") }
    if let problem = view.trunkProblem { return ReaderVerdict(.refuses, problem) }
    guard !files.isEmpty else { return ReaderVerdict(.refuses, "no safetensors file that it looks for") }
    if view.modelType.hasSuffix("_text"), !rules.knowsTextModels {
      return ReaderVerdict(.refuses, "model_type \(view.modelType) is not known to it")
    }
    if rules.needsTextConfig, ModelConfig.isFlatWrapper(view.config) {
      return ReaderVerdict(.refuses, "it looks for the text model in text_config, and config.json has none")
    }
    if let obstacle = irregularity(view) { return obstacle }
    guard view.hasTokenizer else {
      return ReaderVerdict(.refuses, "there is no tokenizer: neither tokenizer.json nor vocab.json with merges.txt")
    }
    let head = files.filter(\.hasHead).map(\.name)
    return view.modelType == "qwen3_next" ? next(view, files, head, rules) : family35(view, head, rules)
  }

  /// All of them look at `full_attention_interval` alone: in a model whose `layer_types` say otherwise, as after pruning
  /// layers, they look for other tensors than there are.
  private static func irregularity(_ view: PackageView) -> ReaderVerdict? {
    let text = ModelConfig.text(of: view.config) ?? view.config
    let interval = max(1, text["full_attention_interval"]?.intValue ?? 4)
    let layers = view.model.fullAttention
    guard let layer = layers.indices.first(where: { layers[$0] != (($0 + 1) % interval == 0) }) else { return nil }
    return ReaderVerdict(
      .refuses,
      "it goes by full_attention_interval \(interval), but layer \(layer) has "
        + (layers[layer] ? "full attention" : "linear attention"))
  }

  /// Qwen3-Next: experts one tensor each mean a Hugging Face checkpoint, whose `mtp.*` is dropped; of a converted one
  /// nothing is, and loading is strict.
  private static func next(
    _ view: PackageView, _ files: [PackageView.File], _ head: [String], _ rules: Rules
  ) -> ReaderVerdict? {
    let names = files.lazy.flatMap { $0.tensors.keys.lazy.map(\.string) }
    if !view.isConverted {
      return names.contains { $0.hasSuffix(".mlp.experts.0.up_proj.weight") && $0.hasPrefix("model.layers.") }
        ? nil : ReaderVerdict(.refuses, "a Hugging Face checkpoint whose experts are not one tensor each")
    }
    if !names.contains(where: { name in rules.nextPrefixes.contains { name.hasPrefix($0 + "layers.") } }) {
      return ReaderVerdict(.refuses, "the trunk has names that it does not know")
    }
    if rules.missesOverrides, let module = override(view) {
      return ReaderVerdict(.refuses, "it does not find the number format of \(module) and takes the package's own")
    }
    return head.isEmpty
      ? nil : ReaderVerdict(.refuses, "mtp.* in \(head.joined(separator: ", ")) is left over, and loading is strict")
  }

  /// A module of a trunk under `model.` whose number format is not the package's.
  private static func override(_ view: PackageView) -> String? {
    guard let block = view.config["quantization"] else { return nil }
    return block.members?.first { member in
      guard member.key.hasPrefix("model."), let bits = member.value["bits"], let group = member.value["group_size"]
      else { return false }
      return bits != block["bits"] || group != block["group_size"]
    }?.key
  }

  /// Qwen3.5: `mtp.*` is dropped in any case.
  private static func family35(_ view: PackageView, _ head: [String], _ rules: Rules) -> ReaderVerdict? {
    guard rules.headMeansRaw, view.isConverted, !head.isEmpty else { return nil }
    return ReaderVerdict(
      .corrupts, "mtp.* in \(head.joined(separator: ", ")) makes it add 1 to the trunk's norms once more")
  }
}
