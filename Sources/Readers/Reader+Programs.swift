import Planning

extension Reader {
  /// mlx-lm: globs `model*.safetensors`, knows no head. Until 0.31.3 `mtp.*` among the files meant a raw checkpoint.
  static func mlxLM(_ name: String, headMeansRaw: Bool) -> Reader {
    Reader(name: name, usesHeads: false) { view in
      let rules = TrunkLoading.Rules(headMeansRaw: headMeansRaw, nextPrefixes: ["model."], knowsTextModels: false)
      return TrunkLoading.obstacle(view, FileSelection.modelGlob(view), rules)
        ?? ReaderVerdict(.withoutHead, "it has no use for a head")
    }
  }

  /// mlx-vlm: follows the index. Until 0.6.8 `mtp.*` among the files meant a raw checkpoint; until 0.6.10 it did not find
  /// the number formats of single modules of a Qwen3-Next package; since 0.7.8 the folder itself serves as a draft model;
  /// since 0.6.0 a drafter's folder does, of which versions before 0.7.8 know a mixture of experts by its name only.
  static func mlxVLM(_ name: String, headMeansRaw: Bool, missesOverrides: Bool, draftsFromPackage: Bool) -> Reader {
    Reader(name: name, usesHeads: true) { view in
      let drafter = view.drafter.flatMap { drafter in
        draftsFromPackage || !drafter.isMixture || drafter.textType.contains("moe") ? drafter : nil
      }
      if view.isDrafter {
        return drafter == nil
          ? ReaderVerdict(.refuses, view.headProblem ?? "it does not take the drafter for a mixture of experts")
          : ReaderVerdict(.withHead, "a draft model; give it beside its trunk")
      }
      let rules = TrunkLoading.Rules(
        headMeansRaw: headMeansRaw, nextPrefixes: ["model.", "language_model.model."], knowsTextModels: true,
        missesOverrides: missesOverrides, needsTextConfig: true)
      if let obstacle = TrunkLoading.obstacle(view, FileSelection.indexed(view), rules) { return obstacle }
      var own = ReaderVerdict(.withoutHead, "it drafts from drafter folders only, and it can use none beside")
      if draftsFromPackage { own = HeadLoading.verdict(view) }
      if own.word != .withHead, drafter != nil {
        return ReaderVerdict(.withHead, "takes the folder \(PackageTarget.drafter.suffix) beside\(view.draftingLimit)")
      }
      return own
    }
  }

  /// mlx-swift-lm: follows the index, knows no head. Before the end of August 2026 `mtp.*` meant a raw checkpoint.
  static func mlxSwiftLM(_ name: String, headMeansRaw: Bool) -> Reader {
    Reader(name: name, usesHeads: false) { view in
      let rules = TrunkLoading.Rules(headMeansRaw: headMeansRaw, nextPrefixes: ["model."], knowsTextModels: true)
      return TrunkLoading.obstacle(view, FileSelection.indexed(view), rules)
        ?? ReaderVerdict(.withoutHead, "it has no use for a head")
    }
  }

  /// vllm-mlx: the trunk through mlx-lm; the head of Qwen3.5 from `mtp/weights.safetensors`, else from
  /// `model-mtp.safetensors`, which its trunk loader takes as well.
  static let vllmMLX = Reader(name: "vllm-mlx", usesHeads: true) { view in
    let rules = TrunkLoading.Rules(headMeansRaw: false, nextPrefixes: ["model."], knowsTextModels: false)
    return TrunkLoading.obstacle(view, FileSelection.modelGlob(view), rules) ?? InjectedHead.verdict(view)
  }

  /// mlx-mtp (0.2): adds 1 to every norm of every folder, whatever its layout is, so that it reads checkpoints and no
  /// conversions.
  static let mlxMTP = Reader(name: "mlx-mtp<=0.2", usesHeads: true) { view in
    let rules = TrunkLoading.Rules(headMeansRaw: false, nextPrefixes: ["model."], knowsTextModels: false)
    if let obstacle = TrunkLoading.obstacle(view, FileSelection.modelGlob(view), rules) { return obstacle }
    guard view.isConverted else {
      return view.files.contains(where: \.hasHead)
        ? ReaderVerdict(.withHead, "it adds 1 to every norm, as a checkpoint needs it")
        : ReaderVerdict(.withoutHead, "there is no head")
    }
    return ReaderVerdict(.corrupts, "it adds 1 to every norm, though those of a conversion are plain factors already")
  }
}
