/// What a tensor is in its model. Rules address tensors by role.
public enum TensorRole: String, Sendable, CaseIterable {
  /// Token embedding.
  case embedding
  /// Output projection, when it is not tied to the embedding.
  case lmHead = "lm_head"
  /// Projections of a full-attention layer.
  case attention
  /// Large projections of a Gated DeltaNet layer (`in_proj_qkv`, `in_proj_z`, `in_proj_qkvz`, `out_proj`).
  case deltanet
  /// Parameters that shape the recurrence: `A_log`, `dt_bias`, `conv1d`, `in_proj_a`, `in_proj_b`, `in_proj_ba` and
  /// the gated norm. Small, and errors in them are carried from token to token.
  case ssm
  /// RMS norms of the trunk.
  case norm
  /// Expert router (`mlp.gate`).
  case router
  /// Gate of the shared expert.
  case sharedExpertGate = "shared_expert_gate"
  /// Routed experts, stacked.
  case expert
  /// The shared expert.
  case sharedExpert = "shared_expert"
  /// Dense feed-forward layers.
  case mlp
  /// Vision tower, merger included.
  case vision
  /// Every tensor of the multi-token-prediction head.
  case mtp
}
