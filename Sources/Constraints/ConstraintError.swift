/// What an answer cannot follow, and where the request says it.
package struct ConstraintError: Error, Sendable, Equatable {
  /// The place in the schema, as a JSON pointer: `#/properties/a/pattern`.
  package var pointer: String
  /// What has the schema: a place in the request; empty while it is not known.
  package var place = ""
  /// What is wrong there.
  package var reason: String

  /// The members.
  package init(_ pointer: String, _ reason: String) {
    self.pointer = pointer
    self.reason = reason
  }
}
