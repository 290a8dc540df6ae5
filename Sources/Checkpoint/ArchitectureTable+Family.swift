/// The family: one table a `model_type`.
extension ArchitectureTable {
  /// Qwen3-Next: fused DeltaNet projections, experts one tensor each, no vision. The package keeps the names, because
  /// mlx-lm loads no others.
  static let qwen3Next = ArchitectureTable(
    modelType: "qwen3_next", wrapped: false, mixture: true,
    fields: ConfigField.text + ConfigField.experts + ConfigField.optionalDense,
    sections: [
      TensorSection(
        source: "model.", package: "model.", alternate: "language_model.model.",
        rows: TensorRow.textCommon + TensorRow.deltanetFused("layers.{i}.linear_attn.")
          + TensorRow.mixture("layers.{i}.mlp.", .sparse)
          + TensorRow.feedForward("layers.{i}.mlp.", width: "I", .dense, role: .mlp)),
      TensorSection(source: "", package: "", alternate: "language_model.", rows: TensorRow.outputProjection),
    ],
    head: TensorRow.mixtureHead)

  /// Qwen3.5 and 3.6, dense, with vision tower.
  static let qwen35 = family35("qwen3_5", wrapped: true, mixture: false)
  /// Qwen3.5 and 3.6, mixture of experts, with vision tower.
  static let qwen35MoE = family35("qwen3_5_moe", wrapped: true, mixture: true)
  /// Text-only exports with a flat configuration.
  static let qwen35Text = family35("qwen3_5_text", wrapped: false, mixture: false)
  /// Text-only exports with a flat configuration, mixture of experts.
  static let qwen35MoEText = family35("qwen3_5_moe_text", wrapped: false, mixture: true)

  private static func family35(_ modelType: String, wrapped: Bool, mixture: Bool) -> ArchitectureTable {
    let feedForward =
      mixture
      ? TensorRow.mixture("layers.{i}.mlp.", .sparse)
      : TensorRow.feedForward("layers.{i}.mlp.", width: "I", .dense, role: .mlp)
    var sections = [
      TensorSection(
        source: wrapped ? "model.language_model." : "model.", package: "language_model.model.",
        rows: TensorRow.textCommon + TensorRow.deltanetSeparate("layers.{i}.linear_attn.") + feedForward),
      TensorSection(source: "", package: "language_model.", rows: TensorRow.outputProjection),
    ]
    if wrapped {
      sections.append(TensorSection(source: "model.visual.", package: "vision_tower.", rows: TensorRow.visionTower))
    }
    return ArchitectureTable(
      modelType: modelType, wrapped: wrapped, mixture: mixture,
      fields: ConfigField.text + (mixture ? ConfigField.experts : ConfigField.dense), sections: sections,
      head: mixture ? TensorRow.mixtureHead : TensorRow.denseHead)
  }
}
