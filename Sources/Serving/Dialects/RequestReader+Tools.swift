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
  func declared(_ function: RequestFields, parameters key: String) throws(APIError) -> ToolDeclaration {
    let name = try function.required("name", bytes: limits.nameBytes)
    try checkName(name, function.name("name"))
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
    return tool
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
      let name = try named.required("name", bytes: limits.nameBytes)
      guard tools.contains(where: { $0.name == name }) else {
        throw .field(named.name("name"), "there is no tool \(name)")
      }
      return .named(name)
    case "allowed_tools":
      let allowed = try choice.object("allowed_tools") ?? choice
      var names: Set<UTF8Name> = []
      for tool in try allowed.objects("tools", most: limits.tools) ?? [] {
        let named = try tool.object("function") ?? tool
        names.insert(UTF8Name(try named.required("name", bytes: limits.nameBytes)))
      }
      tools.removeAll { !names.contains(UTF8Name($0.name)) }
      let mode = try allowed.string("mode", bytes: limits.nameBytes)
      return mode == "required" && !tools.isEmpty ? .required : .auto
    default: throw .unsupported(choice.name("type"), "\(type) cannot be chosen here")
    }
  }
}
