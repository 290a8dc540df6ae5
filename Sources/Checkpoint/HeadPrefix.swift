/// The prefixes under which an MTP head lies in checkpoints in the wild.
enum HeadPrefix {
  static let all = ["mtp.", "model.mtp.", "language_model.mtp.", "model.language_model.mtp."]

  /// The prefix of a tensor's name, or nil for a tensor of the trunk.
  static func of(_ name: String) -> String? { all.first { name.hasPrefix($0) } }
}
