import Checkpoint
import StrictJSON
import SystemPackage

/// What the manifest says of an adapter.
public enum AdapterReference: Sendable, Equatable {
  /// Merged into the source while it is streamed.
  case merge(ModelReference)
  /// One that is beside the source's weights stays out.
  case ignored
}

extension RuleParser {
  /// The field `adapter`: a folder or a hub reference, or `false`.
  func adapter(_ fields: JSONFields, relativeTo folder: FilePath) throws -> AdapterReference? {
    guard let value = fields["adapter"] else { return nil }
    if value.boolValue == false { return .ignored }
    guard let text = value.stringValue, !text.isEmpty else {
      throw ManifestError.value(
        place: place(value), field: "adapter", expected: "the adapter's folder, or false", found: value.typeName)
    }
    return .merge(try ModelReference(text, relativeTo: folder))
  }
}
