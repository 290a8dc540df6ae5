import StrictJSON

/// The group of tools that a client has a tool in, and the tool's name there.
package struct ToolGroup: Sendable, Equatable {
  /// The group that tools are in which are said to be in none: a client that names no group means it.
  private static let common = "functions"

  /// The group's name.
  package var namespace: String
  /// The tool's name in its group.
  package var name: String

  /// Creates a name; nil for a tool that is in no separate group.
  package init?(_ namespace: String?, _ name: String) {
    guard let namespace, namespace != Self.common else { return nil }
    self.namespace = namespace
    self.name = name
  }

  /// The one name by which the model knows the tool: `mcp__files__` and `open` are `mcp__files__open`, `files` and `open`
  /// are `files__open`.
  package var flatName: String { namespace + (namespace.hasSuffix("__") ? "" : "__") + name }
}

/// A tool that the model may call.
package struct ToolDeclaration: Sendable, Equatable {
  /// Its name, which no other tool of the request has.
  package var name: String
  /// The group that the client has it in, which calls are given back with.
  package var group: ToolGroup?
  /// The JSON schema of its arguments, as it was sent; nil where none was.
  package var parameters: JSONValue?
  /// What the template is given: the declaration in the form of chat completions, its keys in their order.
  package var declaration: JSONValue
  /// Whether it takes free text, which the model is offered as a function with the one parameter `input`.
  package var isFreeText: Bool
  /// Whether calls are to follow the schema, and where the request has it.
  package var isStrict = false
  package var place = ""

  /// Creates a declaration from its members.
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
