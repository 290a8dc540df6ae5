// `format` of strings.
extension TemplateRenderer {
  /// A text with its fields in braces filled.
  func formatted(_ text: String, _ arguments: CallArguments) throws -> String {
    var out = ""
    var rest = Array(text.unicodeScalars)[...]
    var next = 0
    while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      out.unicodeScalars.append(contentsOf: rest[..<brace])
      let behind = rest[(brace + 1)...]
      if behind.first == rest[brace] {
        out.unicodeScalars.append(rest[brace])
        rest = behind.dropFirst()
        continue
      }
      guard rest[brace] == "{", let end = behind.firstIndex(where: { $0 == "{" || $0 == "}" }) else {
        throw TemplateFailure(.value, expected: "a field in braces", "one brace")
      }
      guard behind[end] == "}" else { throw TemplateFailure(.unsupported, "a format with fields in a field") }
      out += try filled(String(String.UnicodeScalarView(behind[..<end])), arguments, &next)
      try budget.checkSize(out.utf8.count)
      rest = behind[(end + 1)...]
    }
    out.unicodeScalars.append(contentsOf: rest)
    return out
  }

  /// One field: a name or number with attributes and items after it, a conversion, a specification.
  private func filled(_ field: String, _ arguments: CallArguments, _ next: inout Int) throws -> String {
    let scalars = Array(field.unicodeScalars)
    let colon = scalars.firstIndex(of: ":") ?? scalars.count
    var name = scalars[..<colon]
    var conversion: Unicode.Scalar?
    if let mark = name.firstIndex(of: "!") {
      guard name.count - mark == 2, let last = name.last, last == "r" || last == "s" else {
        throw TemplateFailure(.unsupported, "a conversion other than !r and !s")
      }
      conversion = last
      name = name[..<mark]
    }
    var value = try root(&name, arguments, &next)
    while let mark = name.popFirst() {
      if mark == "." {
        let part = name.prefix { $0 != "." && $0 != "[" }
        name = name.dropFirst(part.count)
        value = try attribute(String(String.UnicodeScalarView(part)), of: value, what: "the value")
      } else {
        guard mark == "[", let end = name.firstIndex(of: "]") else {
          throw TemplateFailure(.value, expected: "an item in brackets", "something else")
        }
        let key = String(String.UnicodeScalarView(name[..<end]))
        name = name[(end + 1)...]
        value = try item(Int(key).map { .integer($0) } ?? .string(key), of: value, what: "the value")
      }
    }
    if conversion == "r" { value = .string(try value.representation(budget)) }
    if conversion == "s" { value = .string(try value.text(budget)) }
    let spec = String(String.UnicodeScalarView(scalars[min(colon + 1, scalars.count)...]))
    if case .undefined = value { return "" }
    return try formatted(value, PythonFormatSpec(spec))
  }

  private func root(
    _ name: inout ArraySlice<Unicode.Scalar>, _ arguments: CallArguments, _ next: inout Int
  ) throws -> TemplateValue {
    let first = name.prefix { $0 != "." && $0 != "[" }
    name = name.dropFirst(first.count)
    let text = String(String.UnicodeScalarView(first))
    if text.isEmpty || Int(text) != nil {
      let index = Int(text) ?? next
      if text.isEmpty { next += 1 }
      guard arguments.positional.indices.contains(index) else {
        throw TemplateFailure(.value, expected: "a value for every field", "fewer")
      }
      return arguments.positional[index]
    }
    guard let value = arguments.named.first(where: { $0.0 == text })?.1 else {
      throw TemplateFailure(.value, expected: "a value for the field \(text.prefix(40))", "none")
    }
    return value
  }
}
