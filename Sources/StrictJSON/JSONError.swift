import Diagnostics

/// What can be wrong with a JSON text or with a field in it. Every case ends a process with status 65.
public enum JSONError: CambiumError {
  /// The text breaks the grammar of RFC 8259.
  case syntax(JSONPlace, expected: String, found: String)
  /// The bytes are not UTF-8, or begin with a byte order mark.
  case utf8(JSONPlace, found: String)
  /// A backslash escape is unknown, or is half of a surrogate pair.
  case escape(JSONPlace, found: String)
  /// One object has a key twice, compared after unescaping.
  case duplicateKey(JSONPlace, key: String)
  /// Containers are nested deeper than the limit.
  case depth(JSONPlace, limit: Int)
  /// There are more values than a file of this use has.
  case values(JSONPlace, limit: Int)
  /// A number is spelled wrongly, or is outside the range its field allows.
  case number(JSONPlace, expected: String, found: String)
  /// A value has another type than its field.
  case type(JSONPlace, key: String, expected: String, found: String)
  /// A field that must be there is not.
  case missingField(JSONPlace, key: String, what: String)
  /// An object has a field that is not known there.
  case unknownField(JSONPlace, key: String, what: String, nearest: String?)
  /// A value has the type of its field, and is none that the field allows.
  case value(JSONPlace, key: String, expected: String, found: String)

  /// File and position of the error.
  public var place: JSONPlace {
    switch self {
    case .syntax(let place, _, _), .utf8(let place, _), .escape(let place, _), .duplicateKey(let place, _),
      .depth(let place, _), .values(let place, _), .number(let place, _, _), .type(let place, _, _, _),
      .value(let place, _, _, _), .missingField(let place, _, _),
      .unknownField(let place, _, _, _):
      place
    }
  }

  public var diagnostic: Diagnostic {
    let file = place.description
    switch self {
    case .syntax(_, let expected, let found):
      return Diagnostic(
        "E_JSON_SYNTAX", "the text is not JSON", file: file, expected: expected, found: found,
        next: "correct the file, or fetch it again", exit: .badInput)
    case .utf8(_, let found):
      return Diagnostic(
        "E_JSON_UTF8", "the text is not plain UTF-8", file: file, expected: "UTF-8 without a byte order mark",
        found: found, next: "save the file as UTF-8, or fetch it again", exit: .badInput)
    case .escape(_, let found):
      return Diagnostic(
        "E_JSON_ESCAPE", "an escape in a string is wrong", file: file,
        expected: #"\" \\ \/ \b \f \n \r \t or \uXXXX, surrogates in pairs"#, found: found,
        next: "correct the string", exit: .badInput)
    case .duplicateKey(_, let key):
      return Diagnostic(
        "E_JSON_DUPLICATE_KEY", "an object has a key twice", file: file, expected: "every key once",
        found: "\"\(key)\"",
        next: "remove one of the two members", exit: .badInput)
    case .depth(_, let limit):
      return Diagnostic(
        "E_JSON_DEPTH", "the text is nested too deeply", file: file, expected: "at most \(limit) levels",
        found: "level \(limit + 1)", next: "check where the file comes from: no model file is nested like this",
        exit: .badInput)
    case .values(_, let limit):
      return Diagnostic(
        "E_JSON_VALUES", "the text has too many values", file: file, expected: "at most \(limit) values", found: "more",
        next: "check where the file comes from: no such file of a model has so many", exit: .badInput)
    case .number(_, let expected, let found):
      return Diagnostic(
        "E_JSON_NUMBER", "a number is wrong", file: file, expected: expected, found: found,
        next: "correct the number", exit: .badInput)
    case .type(_, let key, let expected, let found):
      return Diagnostic(
        "E_JSON_TYPE", "\"\(key)\" has the wrong type", file: file, expected: expected, found: found,
        next: "correct the value of \"\(key)\"", exit: .badInput)
    case .value(_, let key, let expected, let found):
      return Diagnostic(
        "E_JSON_VALUE", "\"\(key)\" has a wrong value", file: file, expected: expected, found: found,
        next: "correct the value of \"\(key)\"", exit: .badInput)
    case .missingField(_, let key, let what):
      return Diagnostic(
        "E_JSON_MISSING_FIELD", "\(what) has no \"\(key)\"", file: file, expected: "a field \"\(key)\"",
        found: "nothing",
        next: "add \"\(key)\"", exit: .badInput)
    case .unknownField(_, let key, let what, let nearest):
      return Diagnostic(
        "E_JSON_UNKNOWN_FIELD", "\(what) has an unknown field", file: file, expected: nil, found: "\"\(key)\"",
        next: nearest.map { "did you mean \"\($0)\"?" } ?? "remove \"\(key)\"", exit: .badInput)
    }
  }

  /// What was expected, and what was found with the field's name: for an error of a document that has a separate code.
  public var words: (expected: String, found: String) {
    let diagnostic = diagnostic
    let found = diagnostic.found.map { $0 == "nothing" ? "" : ": " + $0 } ?? ""
    return (diagnostic.expected ?? "no such field", diagnostic.summary + found)
  }
}
