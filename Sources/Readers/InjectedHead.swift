import Planning

/// What becomes of a head that vllm-mlx puts into a loaded trunk.
///
/// It tells offsets from plain factors by their mean, which is below a half for two norms of every head: without
/// `mtp/manifest.json`, which says what they are, it adds 1 to these once more. Sources: `inject_mtp_support` of its
/// `patches/qwen3_5_mtp.py` and `patches/qwen3_next_mtp.py`, 0.6.0.
enum InjectedHead {
  static let places = [WeightLayout.nestedHeadFile, "model-mtp.safetensors"]
  /// It takes names under these and drops all others.
  private static let prefixes = ["mtp.", "language_model.mtp."]

  static func verdict(_ view: PackageView) -> ReaderVerdict {
    guard let file = places.lazy.compactMap({ place in view.files.first { $0.name == place } }).first else {
      return ReaderVerdict(.withoutHead, "it looks for a head in \(places.joined(separator: " and ")) only")
    }
    if let problem = view.headProblem, view.norms == .sound {
      return ReaderVerdict(.withoutHead, "the head: \(problem)")
    }
    guard view.modelType != "qwen3_next" else {
      return ReaderVerdict(.withoutHead, "it looks for a head of qwen3_next in \(places[1]) only")
    }
    guard (view.model.declaredMTPLayers ?? 0) > 0 else {
      return ReaderVerdict(.withoutHead, "config.json has no mtp_num_hidden_layers, without which it looks for no head")
    }
    guard file.names.contains(where: { name in prefixes.contains { name.hasPrefix($0) } }) else {
      return ReaderVerdict(
        .corrupts, "no name in \(file.name) begins with mtp., so that it takes none and drafts with random numbers")
    }
    if let rows = view.headExperts(in: [file]), rows != view.model["E"] {
      return ReaderVerdict(
        .withoutHead, "it refuses the head, which has \(rows) experts: num_experts is \(view.model["E"])")
    }
    if let quantized = file.tensors.keys.filter({ $0.string.hasSuffix(".scales") }).min() {
      return ReaderVerdict(
        .withoutHead, "it takes the head in the package's own affine format or in BF16 only; \(quantized) is there")
    }
    return norms(view, file.name)
  }

  /// What it does with the norms.
  private static func norms(_ view: PackageView, _ file: String) -> ReaderVerdict {
    let low = view.lowHeadNorms
    switch (view.norms, view.declaresHeadFactors && file == places[0]) {
    case (.shiftedTwice, _), (.neverShifted, true):
      return ReaderVerdict(.corrupts, "the head's norms are not the plain factors that it takes them for")
    case (.sound, true): return ReaderVerdict(.withHead, "the head of \(file), whose norms mtp/manifest.json declares")
    case (.neverShifted, false):
      return ReaderVerdict(.withHead, "the head of \(file); it adds 1 to norms with a mean below a half")
    case (.sound, false):
      guard let first = low.first else { return ReaderVerdict(.withHead, "the head of \(file)") }
      return ReaderVerdict(
        .corrupts,
        "it adds 1 to \(low.count == 1 ? first : "\(first) and \(low.count - 1) more"), whose mean is below a half, "
          + "unless mtp/manifest.json beside the head has artifact_schema_version 1 and rmsnorm_weight_format mlx_gamma"
      )
    }
  }
}
