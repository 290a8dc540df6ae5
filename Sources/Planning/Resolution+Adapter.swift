import Adapters
import Checkpoint
import Manifests

extension Resolution {
  /// The adapter that is merged; nil without one.
  /// - Throws: `AdapterError`, also for an adapter beside the source's weights of which the manifest says nothing.
  static func adapter(_ manifest: Manifest, source: CheckpointFolder) throws -> Adapter? {
    switch manifest.adapter {
    case .merge(let reference)?: return try Adapter(reference)
    case .ignored?: return nil
    case nil:
      guard let file = source.unmergedAdapter else { return nil }
      throw AdapterError.unmerged(path: source.path, file: file)
    }
  }

  /// Refuses a rule that leaves out what the adapter changes.
  static func requireNoDelta(_ tensor: ResolvedTensor, _ rule: Rule) throws {
    guard let delta = tensor.delta else { return }
    throw AdapterError.conflict(
      file: rule.place, tensor: tensor.name, expected: "rules that keep what the adapter changes",
      found: "\(rule.summary) drops it, \(delta.entries.first?.name ?? "the adapter") changes it")
  }
}
