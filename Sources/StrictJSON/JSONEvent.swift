/// One step through a JSON text.
public enum JSONEvent: Sendable, Hashable {
  /// `{`
  case beginObject
  /// `}`
  case endObject
  /// `[`
  case beginArray
  /// `]`
  case endArray
  /// The key of the member whose value follows, unescaped.
  case key(String)
  /// A string value, unescaped.
  case string(String)
  /// A number, as it is spelled in the text.
  case number(String)
  /// `true` or `false`
  case bool(Bool)
  /// `null`
  case null

  /// What a person calls this event, for messages.
  public var name: String {
    switch self {
    case .beginObject: "an object"
    case .endObject: "the end of an object"
    case .beginArray: "an array"
    case .endArray: "the end of an array"
    case .key: "a key"
    case .string: "a string"
    case .number(let spelling): "the number \(spelling.prefix(40))"
    case .bool(let value): "\(value)"
    case .null: "null"
    }
  }
}
