import StrictJSON

/// Rules of calls, from after the mark that begins one to the mark that ends it.
struct CallRules {
  typealias Item = GrammarBuilder.Item

  private let shape: AnswerShape

  init(_ shape: AnswerShape) { self.shape = shape }

  /// A call of any of the tools.
  func call(_ builder: inout GrammarBuilder) throws(ConstraintError) -> Item {
    let ended = shape.marks.contains(.called) ? [GrammarBuilder.mark(.called)] : GrammarBuilder.literal("</tool_call>")
    var ways: [[Item]] = []
    for tool in shape.tools {
      let rest: Item
      switch tool.hold {
      case .none: rest = try anything(&builder)
      case .whole:
        do {
          rest = try arguments(tool, isWhole: true, &builder)
          let whole = try builder.rule([[rest]])
          _ = try builder.grammar(of: whole)
        } catch {
          throw error.at(tool.place)
        }
      case .partly: rest = try heldPartly(tool, &builder)
      }
      ways.append(GrammarBuilder.literal(beginning(tool)) + [rest] + ended)
    }
    return try builder.rule(ways)
  }

  private func beginning(_ tool: AnswerShape.Tool) -> [UInt8] {
    switch shape.style {
    case .functions: Array("\n<function=\(tool.name)>\n".utf8)
    case .objects:
      Array("\n{\"name\": ".utf8) + GrammarBuilder.spelled(tool.name, inText: false) + Array(", \"arguments\": ".utf8)
    }
  }

  /// Whatever the model writes, up to the mark that ends the call.
  private func anything(_ builder: inout GrammarBuilder) throws(ConstraintError) -> Item {
    try builder.named("call") { (_, call) throws(ConstraintError) in [[], [.symbols(.bytes), call]] }
  }

  /// Arguments as far as their schema can be followed.
  private func heldPartly(_ tool: AnswerShape.Tool, _ builder: inout GrammarBuilder) throws(ConstraintError) -> Item {
    let savepoint = builder.savepoint
    do {
      let rest = try arguments(tool, isWhole: false, &builder)
      let whole = try builder.rule([[rest]])
      _ = try builder.grammar(of: whole)
      return rest
    } catch {
      // What is abandoned leaves no rules.
      builder.restore(savepoint)
      switch shape.style {
      case .functions: return try anyParameters(&builder)
      case .objects: return try builder.rule([[try builder.anyObject(inText: false)] + Self.endOfObject])
      }
    }
  }

  private static let endOfObject = GrammarBuilder.literal("}\n")

  private func arguments(
    _ tool: AnswerShape.Tool, isWhole: Bool, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> Item {
    let schema = tool.parameters ?? .object([("type", "object")])
    switch shape.style {
    case .objects:
      guard schema["type"]?.stringValue == "object" || schema["properties"] != nil || schema["type"] == nil else {
        throw ConstraintError("#/type", "must be object: arguments are one")
      }
      var compiler = try SchemaCompiler(schema, isStrict: isWhole)
      if schema.members?.isEmpty == true {
        return try builder.rule([[try builder.anyObject(inText: false)] + Self.endOfObject])
      }
      return try builder.rule([[try compiler.rule(&builder)] + Self.endOfObject])
    case .functions:
      var compiler = try SchemaCompiler(schema, isStrict: isWhole, isInText: true)
      return try parameters(&compiler, isWhole: isWhole, &builder)
    }
  }

  // MARK: Parameters as texts between marks

  private static let endOfCall = GrammarBuilder.literal("</function>\n")

  private func parameters(
    _ compiler: inout SchemaCompiler, isWhole: Bool, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> Item {
    let place = SchemaCompiler.Place(schema: compiler.root, pointer: "#", depth: 0)
    let members = try compiler.members(ofArguments: place)
    let takesOthers = members.hasOthers ?? !isWhole
    if members.properties.isEmpty, members.required.isEmpty {
      return takesOthers ? try anyParameters(&builder) : try builder.rule([Self.endOfCall])
    }
    let required = Set(members.required.map { UTF8Name($0) })
    for name in members.required where !members.names.contains(UTF8Name(name)) {
      throw place.refused("required", "names \(name.prefix(80)), which is not declared")
    }
    var rest = try builder.rule([Self.endOfCall])
    for property in members.properties.reversed() {
      // A parameter that may not be there is one that is left out.
      if property.place.schema.boolValue == false, !required.contains(UTF8Name(property.name)) { continue }
      guard property.name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x3C && $0 != 0x3E }), !property.name.isEmpty else {
        throw ConstraintError(property.place.pointer, "has a name that this model's calls cannot have")
      }
      let value: Item
      if isWhole {
        value = try compiler.parameter(property.place, &builder)
      } else {
        let savepoint = builder.savepoint
        do {
          value = try compiler.parameter(property.place, &builder)
        } catch {
          // A reference that failed here fails the next property, too: it is no rule without a text.
          builder.restore(savepoint)
          compiler.restore(savepoint)
          value = try compiler.anyText(&builder)
        }
      }
      let key = GrammarBuilder.literal("<parameter=\(property.name)>\n")
      let without = required.contains(UTF8Name(property.name)) ? [] : [[rest]]
      rest = try builder.rule([key + [value] + GrammarBuilder.literal("\n") + [rest]] + without)
    }
    return rest
  }

  /// Parameters of any names.
  private func anyParameters(_ builder: inout GrammarBuilder) throws(ConstraintError) -> Item {
    var compiler = try SchemaCompiler(.object([]), isStrict: false, isInText: true)
    let value = try compiler.anyText(&builder)
    return try builder.named("parameters") { (builder, parameters) throws(ConstraintError) in
      var letters = SymbolSet(0x21...0x7E)
      for byte in [0x3C, 0x3E] { letters.remove(byte) }
      let letter = try builder.rule([[.symbols(letters)]] + GrammarBuilder.longCharacters)
      let name = try builder.repeated(letter, from: 1, to: nil)
      let one = GrammarBuilder.literal("<parameter=") + [name] + GrammarBuilder.literal(">\n") + [value]
      return [Self.endOfCall, one + GrammarBuilder.literal("\n") + [parameters]]
    }
  }
}

extension SchemaCompiler {
  /// The parameters that a schema of arguments declares.
  func members(ofArguments place: Place) throws(ConstraintError) -> Members {
    guard place.schema.members != nil else { throw ConstraintError("#", "must be an object") }
    for member in place.schema.members ?? [] where !Self.isRemark(member.key) {
      guard ["type", "properties", "required", "additionalProperties"].contains(member.key) else {
        throw place.refused(member.key, "is not held to for arguments")
      }
    }
    guard place.schema["type"] == nil || place.schema["type"]?.stringValue == "object" else {
      throw place.refused("type", "must be object: arguments are one")
    }
    var members = Members()
    try read(place, &members)
    return members
  }

  private static let endOfValue = "\n</parameter>"

  /// A text of any kind, and the end of the parameter.
  mutating func anyText(_ builder: inout GrammarBuilder) throws(ConstraintError) -> GrammarBuilder.Item {
    try builder.named("parameter") { (builder, _) throws(ConstraintError) in
      // The line end before the value may be the one before its end.
      let text = TextRules(
        forbidden: ["</parameter>", "<parameter=", "</function>"], end: Self.endOfValue, begun: "\n")
      return [[try text.rule(&builder)]]
    }
  }

  /// The value of a parameter, as a text of which the value is made by its type, and the end of the parameter.
  mutating func parameter(
    _ place: Place, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    var ways: [[GrammarBuilder.Item]] = []
    try addWays(place, &ways, &builder)
    try checkTexts(place)
    builder.place = place.pointer
    return try builder.rule(ways)
  }

  private mutating func addWays(
    _ place: Place, _ ways: inout [[GrammarBuilder.Item]], _ builder: inout GrammarBuilder
  ) throws(ConstraintError) {
    guard place.depth <= Self.mostDepth else {
      throw ConstraintError(place.pointer, "is deeper than \(Self.mostDepth) schemas")
    }
    try countRead(place)
    guard place.schema.boolValue != false else { throw ConstraintError(place.pointer, "allows no value") }
    let (schema, ended) = (place.schema, GrammarBuilder.literal(Self.endOfValue))
    // References may name one and the same schema again and again.
    guard ways.count < Self.mostParts else { throw ConstraintError(place.pointer, "has too many ways to be read") }
    let words = (schema.members ?? []).map(\.key).filter { !Self.isRemark($0) && $0 != "nullable" }
    if schema["nullable"]?.boolValue == true { ways.append(GrammarBuilder.literal("null") + ended) }
    if let reference = schema["$ref"], words == ["$ref"] {
      return try addWays(try resolved(reference, place), &ways, &builder)
    }
    for key in ["anyOf", "oneOf"] where words == [key] {
      for part in try list(key, place) { try addWays(part, &ways, &builder) }
      return
    }
    if words == ["allOf"], case let parts = try list("allOf", place), parts.count == 1 {
      return try addWays(parts[0], &ways, &builder)
    }
    let types = schema["enum"] == nil && schema["const"] == nil ? try self.types(place) : []
    if words.isEmpty {
      ways.append([try anyText(&builder)])
    } else if words.allSatisfy({ ["enum", "const", "type"].contains($0) }), words != ["type"] {
      let texts = try choiceTexts(place)
      builder.place = place.pointer
      ways.append([try builder.choice(texts)] + ended)
    } else if types.contains("string") {
      // What else a text could be read as is allowed, too.
      let others = ["string", "null", "boolean", "integer", "number"]
      guard words == ["type"], types.allSatisfy(others.contains) else {
        let word = words.first { $0 != "type" } ?? "type"
        throw place.refused(word, "is not held to for a text in the calls of this model")
      }
      ways.append([try anyText(&builder)])
    } else {
      ways.append([try rule(place, &builder)] + ended)
    }
  }

  /// Values that are named one by one, as the model writes them: a text as it is.
  private func choiceTexts(_ place: Place) throws(ConstraintError) -> [[UInt8]] {
    let key = place.schema["const"] == nil ? "enum" : "const"
    let all = place.schema["const"].map { [$0] } ?? place.schema["enum"]?.arrayValue ?? []
    guard !all.isEmpty else { throw place.refused(key, "must be a list of values") }
    let types = place.schema["type"] == nil ? Self.types : try types(place)
    let choices = place.schema["enum"]?.arrayValue ?? all
    let values = all.filter { value in types.contains { Self.has(value, $0) } && choices.contains(value) }
    guard !values.isEmpty else { throw place.refused(key, "has no value of the type") }
    var texts: [[UInt8]] = []
    for value in values {
      let text = value.stringValue.map { Array($0.utf8) } ?? JSONWriter.compact(value)
      guard !text.contains(0x3C), text.first != 0x0A, text.last != 0x0A else {
        throw place.refused(key, "has a value that this model's calls cannot have")
      }
      texts.append(text)
    }
    return texts
  }
}
