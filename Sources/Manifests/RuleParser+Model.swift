import Checkpoint
import StrictJSON
import SystemPackage

extension RuleParser {
  /// A model: a folder or a hub reference, or an object that says how it is read, `{"hub": "org/name@revision", "remote":
  /// true}`. Nil where there is no such field.
  /// - Throws: `JSONError`, `CheckpointError/hubReference`.
  func model(_ fields: JSONFields, _ key: String, relativeTo folder: FilePath) throws -> ModelReference? {
    guard fields[key]?.members != nil else {
      return try fields.optionalString(key).map { try ModelReference($0, relativeTo: folder) }
    }
    guard let object = try fields.optionalObject(key) else { return nil }
    try object.refuseUnknown(["hub", "remote"])
    let name = try object.string("hub")
    let isRemote = try object.optionalBool("remote") ?? false
    return .hub(try HubReference(name.hasPrefix("hub:") ? name : "hub:" + name, isRemote: isRemote))
  }
}
