import Diagnostics
import StrictJSON

extension RuleParser {
  /// Refuses control characters in any text of a document. A line end in a name would write extra lines into the
  /// package's card, a NUL cuts a path.
  /// - Throws: ``ManifestError/value(place:field:expected:found:)``.
  func refuseControls(_ value: JSONValue, in field: String = "a text") throws {
    if let text = value.stringValue, text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    {
      throw ManifestError.value(
        place: place(value), field: field, expected: "a text without control characters", found: text.escapingControls)
    }
    for member in value.members ?? [] { try refuseControls(member.value, in: member.key) }
    for element in value.arrayValue ?? [] { try refuseControls(element, in: field) }
  }
}
