import OutputParsing
import StrictJSON

extension RequestReader {
  private typealias PlacedTool = (tool: ToolDeclaration, place: String)

  /// Functions, and tools that take free text, which are offered as functions with one string; those of groups, each under
  /// one name; and those that items of the input bring. Tools that the vendor's servers run are left out.
  func responseTools(_ fields: RequestFields) throws(APIError) -> [ToolDeclaration] {
    var tools: [ToolDeclaration] = []
    // Many are looked for among many: by their names, and not one after another.
    var places: [UTF8Name: Int] = [:]
    func add(_ new: PlacedTool, isRepeated: Bool) throws(APIError) {
      if let place = places[UTF8Name(new.tool.name)] {
        // An input repeats what was said before: the later word on the same tool counts. Another tool is no word on it.
        guard isRepeated, tools[place].group == new.tool.group else {
          throw .field(new.place, "is a second tool named \(new.tool.name)")
        }
        tools[place] = new.tool
      } else {
        guard tools.count < limits.groupedTools else {
          throw .field(
            new.place, "is a tool too many: at most \(limits.groupedTools) are taken", code: "array_above_max_length")
        }
        places[UTF8Name(new.tool.name)] = tools.count
        tools.append(new.tool)
      }
    }
    for new in try responseTools(in: fields) { try add(new, isRepeated: false) }
    guard fields["input"]?.arrayValue != nil else { return tools }
    for item in try fields.objects("input", most: limits.messages) ?? [] {
      guard let type = item["type"]?.stringValue, ResponseItems.bringTools.contains(type) else { continue }
      for new in try responseTools(in: item) { try add(new, isRepeated: true) }
    }
    return tools
  }

  private func responseTools(
    in fields: RequestFields, of namespace: String? = nil
  ) throws(APIError) -> [PlacedTool] {
    var tools: [PlacedTool] = []
    for tool in try fields.objects("tools", most: limits.tools) ?? [] {
      switch try tool.required("type", bytes: 64) {
      case "function": tools.append((try declared(tool, parameters: "parameters", in: namespace), tool.path))
      case "custom": tools.append((try freeText(tool, in: namespace), tool.path))
      case "namespace" where namespace == nil:
        let name = try tool.required("name", bytes: limits.nameBytes)
        try checkName(name, tool.name("name"))
        tools += try responseTools(in: tool, of: name)
      default: continue
      }
    }
    return tools
  }

  private func freeText(_ tool: RequestFields, in namespace: String?) throws(APIError) -> ToolDeclaration {
    let (name, group) = try name(of: tool, in: namespace)
    var description = try tool.string("description") ?? ""
    if let format = try tool.object("format"), let definition = try format.string("definition") {
      description += "\nThe input follows this grammar:\n" + definition
    }
    let parameters = JSONValue.object([
      ("type", "object"), ("properties", .object([("input", .object([("type", "string")]))])),
      ("required", .array(["input"])),
    ])
    let function = JSONValue.object([
      ("name", .string(name)), ("description", .string(description)), ("parameters", parameters),
    ])
    var declaration = ToolDeclaration(
      name: name, parameters: parameters, declaration: .object([("type", "function"), ("function", function)]),
      isFreeText: true)
    declaration.group = group
    return declaration
  }
}
