import Inference
import StrictJSON

extension Arithmetic {
  /// What every document says of an arithmetic that is not canonical; a document that says nothing is canonical.
  var statement: [(String, JSONValue)] { self == .canonical ? [] : [("arithmetic", .string(rawValue))] }

  /// The same for a person.
  var words: String? {
    self == .canonical
      ? nil : "\(rawValue) arithmetic: numbers of this machine alone, not those of the canonical arithmetic"
  }
}
