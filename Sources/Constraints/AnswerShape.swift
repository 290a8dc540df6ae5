import StrictJSON

/// What an answer consists of, as far as it is constrained: thoughts, a form of its text, calls of tools.
package struct AnswerShape: Sendable {
  /// Whether the answer has thoughts.
  package enum Thoughts: Sendable {
    case none
    /// It may begin with them.
    case possible
    /// It begins inside of them.
    case open
  }

  /// The form of the text.
  package enum Form: Sendable, Equatable {
    /// Any JSON object.
    case object
    /// A value of a schema.
    case schema(JSONValue, isStrict: Bool)
  }

  /// How the model writes calls.
  package enum CallStyle: Sendable {
    /// `<function=NAME>` and `<parameter=KEY>`.
    case functions
    /// `{"name": NAME, "arguments": {…}}`
    case objects
  }

  /// Whether tools are called.
  package enum Calls: Sendable {
    case none
    case possible
    case required
  }

  /// How far the arguments of a tool are bound to its schema.
  package enum Hold: Sendable {
    /// Wholly; a schema that cannot be followed is refused.
    case whole
    /// As far as can be; what cannot be is left to the model.
    case partly
    /// Not at all.
    case none
  }

  /// A tool that may be called.
  package struct Tool: Sendable {
    var name: String
    var parameters: JSONValue?
    var hold: Hold
    var place: String

    /// - Parameters:
    ///   - name: Its name.
    ///   - parameters: The schema of its arguments.
    ///   - hold: How far they are bound to it.
    ///   - place: Where the request has the schema.
    package init(_ name: String, parameters: JSONValue?, hold: Hold, place: String) {
      self.name = name
      self.parameters = parameters
      self.hold = hold
      self.place = place
    }
  }

  /// Whether there are thoughts.
  package var thoughts = Thoughts.none
  /// The form of the text, and where the request has its schema; nil for any text.
  package var form: (form: Form, place: String)?
  /// The tools that may be called, and whether any is.
  package var tools: [Tool] = []
  package var calls = Calls.none
  /// How calls are written.
  package var style = CallStyle.functions
  /// Whether there is one call at most.
  package var callsOnce = false
  /// The marks that the model has tokens for.
  package var marks: Set<Mark> = []

  /// The members have defaults: a text of any kind.
  package init() {}

  /// Whether the answer is constrained at all.
  package var isHeld: Bool {
    form != nil || calls == .required || calls == .possible && tools.contains { $0.hold == .whole }
  }

  /// The grammar of the answer, to its end.
  /// - Throws: ``ConstraintError``, with the place of what cannot be followed.
  package func grammar() throws(ConstraintError) -> Grammar {
    var builder = GrammarBuilder()
    let call = calls == .none ? nil : try CallRules(self).call(&builder)
    let body = try builder.rule(try body(call, &builder))
    let start: GrammarBuilder.Item
    switch thoughts {
    case .none: start = body
    case .open: start = try thinking(body, call, &builder)
    case .possible:
      let thinking = try thinking(body, call, &builder)
      start = try builder.rule([[body], [GrammarBuilder.mark(.thinks), thinking]])
    }
    return try builder.grammar(of: start)
  }

  /// What is said and called, after the thoughts.
  private func body(
    _ call: GrammarBuilder.Item?, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> [[GrammarBuilder.Item]] {
    let end = GrammarBuilder.mark(.end)
    var ways: [[GrammarBuilder.Item]] = []
    if let form {
      do {
        switch form.form {
        case .object: ways.append([try builder.anyObject(inText: false), end])
        case .schema(let schema, let isStrict):
          var compiler = try SchemaCompiler(schema, isStrict: isStrict)
          ways.append([try compiler.rule(&builder), end])
        }
        // What no text satisfies is the schema's matter, and not that of the rest.
        let whole = try builder.rule([ways[0]])
        _ = try builder.grammar(of: whole)
      } catch {
        throw error.at(form.place)
      }
    }
    guard let call else { return form == nil ? [[try freeText(nil, &builder)]] : ways }
    let begun: [[GrammarBuilder.Item]] = marks.contains(.calls) ? [[GrammarBuilder.mark(.calls)]] : []
    if calls == .required { return [[call, try moreCalls(call, &builder)]] }
    if form == nil { return [[try freeText(call, &builder)]] }
    let more = try moreCalls(call, &builder)
    return ways + begun.map { $0 + [call, more] }
  }

  /// What follows a call: the end, or one more.
  private func moreCalls(
    _ call: GrammarBuilder.Item, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    let end = GrammarBuilder.mark(.end)
    guard !callsOnce, marks.contains(.calls) else { return try builder.rule([[end]]) }
    let id = builder.reserve()
    let more: [GrammarBuilder.Item] = [GrammarBuilder.mark(.calls), call, .rule(id)]
    try builder.define(id, [[end], more, GrammarBuilder.literal("\n") + more])
    return .rule(id)
  }

  /// Text with calls in it. A call that begins without its mark would not be constrained.
  private func freeText(
    _ call: GrammarBuilder.Item?, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    let end = GrammarBuilder.mark(.end)
    guard let call, marks.contains(.calls) else {
      let id = builder.reserve()
      try builder.define(id, [[end], [.symbols(.bytes), .rule(id)]])
      return .rule(id)
    }
    let text = TextRules(forbidden: style == .functions ? ["<function="] : [])
    return try text.rule(&builder) { start in
      [[end], [GrammarBuilder.mark(.calls), call, start]]
    }
  }

  /// Thoughts of any bytes, their end and up to two line ends, then the rest. They have no end of the answer in them.
  private func thinking(
    _ body: GrammarBuilder.Item, _ call: GrammarBuilder.Item?, _ builder: inout GrammarBuilder
  ) throws(ConstraintError) -> GrammarBuilder.Item {
    let behind = try builder.rule([
      [body], GrammarBuilder.literal("\n") + [body], GrammarBuilder.literal("\n\n") + [body],
    ])
    let id = builder.reserve()
    var ways: [[GrammarBuilder.Item]] = [
      [.symbols(.bytes), .rule(id)], [GrammarBuilder.mark(.thought), behind],
    ]
    // Models forget to end their thoughts before they call.
    if let call, calls == .possible, marks.contains(.calls) {
      let rest = form == nil ? try freeText(call, &builder) : try moreCalls(call, &builder)
      ways.append([GrammarBuilder.mark(.calls), call, rest])
    }
    try builder.define(id, ways)
    return .rule(id)
  }
}

extension ConstraintError {
  /// The same error, of a schema at a place of the request.
  func at(_ place: String) -> ConstraintError {
    var error = self
    if error.place.isEmpty { error.place = place }
    return error
  }
}
