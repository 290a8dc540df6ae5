/// A failure met inside the interpreter, which does not know what the template is called.
struct TemplateFailure: Error {
  enum Kind { case syntax, unsupported, value, raised, limit }

  let kind: Kind
  var expected: String?
  let found: String
  var position: TemplatePosition?

  init(_ kind: Kind, expected: String? = nil, _ found: String, at position: TemplatePosition? = nil) {
    self.kind = kind
    self.expected = expected
    self.found = found
    self.position = position
  }

  /// The same failure with a place, if it has none yet.
  func at(_ position: TemplatePosition) -> TemplateFailure {
    var copy = self
    copy.position = self.position ?? position
    return copy
  }
}
