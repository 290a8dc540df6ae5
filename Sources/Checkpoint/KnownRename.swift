/// A spelling of tensor names that some tool leaves, and the spelling of the tables. Only names change: a rename never
/// touches a shape or a byte.
struct KnownRename: Sendable {
  /// What names begin with, or a part that appears anywhere in them.
  enum Place: Sendable { case prefix, part }

  let place: Place
  let written: String
  /// Which tool writes it, for the note.
  let tool: String

  /// Parts that training wrappers put into the names of the modules that they wrap.
  static let wrappers: [KnownRename] = [
    KnownRename(place: .part, written: "_orig_mod", tool: "torch.compile"),
    KnownRename(place: .part, written: "_orig_module", tool: "FSDP of XLA"),
    KnownRename(place: .part, written: "_checkpoint_wrapped_module", tool: "activation checkpointing"),
    KnownRename(place: .part, written: "_fsdp_wrapped_module", tool: "FSDP"),
    KnownRename(place: .part, written: "_fp32_params", tool: "trainers that keep parameters in F32"),
    KnownRename(place: .prefix, written: "base_model.model.", tool: "PEFT"),
    KnownRename(place: .prefix, written: "_forward_module.", tool: "Lightning with DeepSpeed"),
    KnownRename(place: .prefix, written: "policy.", tool: "reinforcement learning"),
    // Together with the model itself, its averaged twin is one name in two spellings, which is refused.
    KnownRename(place: .prefix, written: "ema_model.", tool: "trainers that average weights"),
    KnownRename(place: .prefix, written: "module.", tool: "data-parallel training"),
  ]

  /// Prefixes of the text stack; `layers.`, `embed_tokens.` or `norm.` must follow.
  static let text: [KnownRename] = [
    KnownRename(place: .prefix, written: "model.language_model.", tool: "transformers 5"),
    KnownRename(place: .prefix, written: "model.", tool: "merges and text-only tunes"),
    KnownRename(place: .prefix, written: "language_model.model.", tool: "transformers before 4.52"),
    KnownRename(place: .prefix, written: "language_model.", tool: "tunes of the text model alone"),
    KnownRename(place: .prefix, written: "model.model.", tool: "tools that wrap a model twice"),
    KnownRename(place: .prefix, written: "model.language_model.model.", tool: "tools that wrap a model twice"),
    KnownRename(place: .prefix, written: "model.language_model.language_model.", tool: "transformers 5.2 to 5.4"),
    KnownRename(place: .prefix, written: "model.model.language_model.", tool: "tools that wrap a model twice"),
  ]

  /// Prefixes of the vision tower.
  static let vision: [KnownRename] = [
    KnownRename(place: .prefix, written: "model.visual.", tool: "transformers 5"),
    KnownRename(place: .prefix, written: "visual.", tool: "transformers before 4.52"),
    KnownRename(place: .prefix, written: "model.vision_tower.", tool: "tools that name towers alike"),
    KnownRename(place: .prefix, written: "vision_tower.", tool: "tools that name towers alike"),
    KnownRename(place: .prefix, written: "model.language_model.visual.", tool: "transformers 5.2 to 5.4"),
    KnownRename(place: .prefix, written: "model.model.visual.", tool: "tools that wrap a model twice"),
  ]

  /// Prefixes of the output projection, complete with its own name.
  static let output: [KnownRename] = [
    KnownRename(place: .prefix, written: "model.lm_head.", tool: "tools that wrap a model twice"),
    KnownRename(place: .prefix, written: "language_model.lm_head.", tool: "transformers before 4.52"),
    KnownRename(place: .prefix, written: "model.language_model.lm_head.", tool: "tools that wrap a model twice"),
  ]

  /// Prefixes of the head that ``HeadPrefix`` does not name.
  static let head: [KnownRename] = [
    KnownRename(place: .prefix, written: "model.model.mtp.", tool: "tools that wrap a model twice"),
    KnownRename(place: .prefix, written: "model.language_model.language_model.mtp.", tool: "transformers 5.2 to 5.4"),
  ]
}
