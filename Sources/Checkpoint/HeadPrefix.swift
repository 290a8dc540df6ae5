/// The prefixes of an MTP head in checkpoints in the wild.
enum HeadPrefix {
  static let all = ["mtp.", "model.mtp.", "language_model.mtp.", "model.language_model.mtp."]

  /// What the names of a value head begin with, as TRL writes it; no head of this kind, and no reader's.
  static let valueHead = "v_head."

  /// The prefix of a tensor's name, or nil for a tensor of the trunk.
  static func of(_ name: String) -> String? { all.first { name.hasPrefix($0) } }
}
