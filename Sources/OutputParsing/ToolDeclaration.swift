import StrictJSON

/// A tool that the model may call.
package struct ToolDeclaration: Sendable, Equatable {
  /// Its name.
  package var name: String
  /// The JSON schema of its arguments, as it was sent; nil where none was.
  package var parameters: JSONValue?
  /// What the template is given: the declaration in the form of chat completions, its keys in their order.
  package var declaration: JSONValue
  /// Whether it takes free text, which the model is offered as a function with the one parameter `input`.
  package var isFreeText: Bool
  /// Whether calls are to follow the schema, and where the request has it.
  package var isStrict = false
  package var place = ""

  /// The members.
  package init(name: String, parameters: JSONValue?, declaration: JSONValue, isFreeText: Bool = false) {
    self.name = name
    self.parameters = parameters
    self.declaration = declaration
    self.isFreeText = isFreeText
  }
}

extension Sequence<ToolDeclaration> {
  /// Whether one of the tools has this name.
  func declare(_ name: String) -> Bool { contains { $0.name.utf8.elementsEqual(name.utf8) } }
}
