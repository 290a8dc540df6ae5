import OutputParsing
import StrictJSON

extension RequestReader {
  /// The tools of chat completions.
  func tools(_ fields: RequestFields) throws(APIError) -> [ToolDeclaration] {
    var tools: [ToolDeclaration] = []
    for tool in try fields.objects("tools", most: limits.tools) ?? [] {
      let type = try tool.string("type", bytes: limits.nameBytes) ?? "function"
      guard type == "function" else {
        throw .unsupported(tool.name("type"), "only functions are tools here, and this is \(type)")
      }
      guard let function = try tool.object("function") else { throw tool.wrong("function", "an object") }
      tools.append(try declared(function, parameters: "parameters"))
    }
    return try distinct(tools, fields)
  }

  /// A function's declaration, as it is given to the template: its keys keep their order, on which the prompt depends.
  func declared(
    _ function: RequestFields, parameters key: String, in namespace: String? = nil
  ) throws(APIError) -> ToolDeclaration {
    let (name, group) = try name(of: function, in: namespace)
    let parameters = try function.object(key)?.value
    if let parameters, JSONWriter.compact(parameters).count > limits.schemaBytes {
      throw .field(function.name(key), "has more than \(limits.schemaBytes) bytes")
    }
    var members: [(String, JSONValue)] = [("name", .string(name))]
    if let description = try function.string("description") { members.append(("description", .string(description))) }
    members.append(("parameters", parameters ?? .object([("type", "object"), ("properties", .object([]))])))
    var tool = ToolDeclaration(
      name: name, parameters: parameters,
      declaration: .object([("type", "function"), ("function", .object(members))]))
    tool.isStrict = try function.bool("strict") ?? false
    tool.place = function.name(key)
    tool.group = group
    return tool
  }

  /// The name by which the model knows a tool, and the group that it has the name from.
  func name(
    of tool: RequestFields, in namespace: String? = nil
  ) throws(APIError) -> (name: String, group: ToolGroup?) {
    let own = try tool.required("name", bytes: limits.nameBytes)
    try checkName(own, tool.name("name"))
    let group = ToolGroup(namespace, own)
    return (group?.flatName ?? own, group)
  }

  /// A name becomes a part of the model's text, between marks.
  func checkName(_ name: String, _ place: String) throws(APIError) {
    let isGood = name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    guard !name.isEmpty, isGood else { throw .field(place, "must be a name without white space, < and >") }
  }

  func distinct(_ tools: [ToolDeclaration], _ fields: RequestFields) throws(APIError) -> [ToolDeclaration] {
    var seen: Set<UTF8Name> = []
    for (index, tool) in tools.enumerated() where !seen.insert(UTF8Name(tool.name)).inserted {
      throw .field("\(fields.name("tools"))[\(index)]", "is a second tool named \(tool.name)")
    }
    return tools
  }

  /// `none`, `auto`, `required`, a function, or a list of allowed ones, of which nothing else is told to the model.
  func toolChoice(
    _ fields: RequestFields, _ tools: inout [ToolDeclaration]
  ) throws(APIError) -> ToolChoice {
    guard let value = fields["tool_choice"] else { return .auto }
    if let word = value.stringValue {
      switch word {
      case "auto": return .auto
      case "none": return .none
      case "required":
        guard !tools.isEmpty else { throw .field(fields.name("tool_choice"), "needs tools") }
        return .required
      default: throw fields.wrong("tool_choice", "auto, none, required or a function")
      }
    }
    guard let choice = try fields.object("tool_choice") else { return .auto }
    let type = try choice.required("type", bytes: limits.nameBytes)
    switch type {
    case "function", "custom":
      let named = try choice.object(type) ?? choice
      guard let tool = try chosen(named, of: tools).first else {
        throw .field(named.name("name"), "there is no tool \(try named.required("name"))")
      }
      return .named(tool.name)
    case "allowed_tools":
      let isRequired = try allow(choice, &tools)
      return isRequired ? .required : .auto
    default: throw .unsupported(choice.name("type"), "\(type) cannot be chosen here")
    }
  }

  /// Leaves the tools that a choice allows: some, all of which are declared.
  /// - Returns: Whether one of them must be called.
  private func allow(_ choice: RequestFields, _ tools: inout [ToolDeclaration]) throws(APIError) -> Bool {
    // Chat completions have an object in the choice, responses have its fields there.
    let inner = try choice.object("allowed_tools")
    guard inner != nil || choice["tools"] != nil else { throw choice.wrong("allowed_tools", "an object") }
    let allowed = inner ?? choice
    let mode = try allowed.string("mode", bytes: limits.nameBytes) ?? "auto"
    guard ["auto", "required"].contains(mode) else { throw allowed.wrong("mode", "auto or required") }
    guard let list = try allowed.objects("tools", most: limits.tools), !list.isEmpty else {
      throw .field(allowed.name("tools"), "must name the tools that are allowed")
    }
    var names: Set<UTF8Name> = []
    for tool in list {
      let named = try tool.object("function") ?? tool
      let found = try chosen(named, of: tools)
      guard !found.isEmpty else {
        throw .field(named.name("name"), "there is no tool \(try named.required("name"))")
      }
      for tool in found { names.insert(UTF8Name(tool.name)) }
    }
    tools.removeAll { !names.contains(UTF8Name($0.name)) }
    return mode == "required"
  }

  /// The tools that a choice means: one by its name and its group, one of a group whose name alone is said and that no other
  /// tool has, or all of a group.
  private func chosen(_ choice: RequestFields, of tools: [ToolDeclaration]) throws(APIError) -> [ToolDeclaration] {
    let name = try choice.required("name", bytes: limits.nameBytes)
    if try choice.string("type", bytes: limits.nameBytes) == "namespace" {
      return tools.filter { $0.group?.namespace == name }
    }
    let namespace = try choice.string("namespace", bytes: limits.nameBytes)
    let flat = ToolGroup(namespace, name)?.flatName ?? name
    let found = tools.filter { $0.name == flat }
    guard found.isEmpty, namespace == nil else { return found }
    let others = tools.filter { $0.group?.name == name }
    return others.count == 1 ? others : []
  }
}
