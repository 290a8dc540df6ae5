// Filters that make text of a value.
extension TemplateRenderer {
  static var textFilters: [String: Filter] {
    func cased(_ kind: PythonCase) -> Filter {
      Filter([]) { renderer, value, _ in .string(try renderer.cased(renderer.softText(value), kind)) }
    }
    let escape = Filter([]) { renderer, value, _ in
      if case .string(let text) = value, text.isSafe { return value }
      return .string(try renderer.escaped(value))
    }
    return [
      "trim": Filter(["chars"]) { renderer, value, arguments in
        try renderer.stripped(renderer.softText(value), arguments.value(0, "chars"), start: true, end: true)
      },
      "safe": Filter([]) { renderer, value, _ in
        .string(TemplateText(try value.text(renderer.budget), isSafe: true))
      },
      "escape": escape, "e": escape,
      "forceescape": Filter([]) { renderer, value, _ in .string(try renderer.escaped(value)) },
      "lower": cased(.lower), "upper": cased(.upper), "capitalize": cased(.capitalized), "title": cased(.titleOfWords),
      "replace": Filter(["old", "new", "count"]) { try $0.replacedByFilter($1, $2) },
      "indent": Filter(["width", "first", "blank"]) { try $0.indented($1, $2) },
      "center": Filter(["width"]) { renderer, value, arguments in
        let width = try renderer.integer(arguments.value(0, "width"), "the width") ?? 80
        return .string(try renderer.padded(renderer.softText(value), width, " ", .both))
      },
      "truncate": Filter(["length", "killwords", "end", "leeway"]) { try $0.truncated($1, $2) },
      "wordcount": Filter([]) { renderer, value, _ in
        let text = try renderer.softText(value).string
        try renderer.budget.spend(text.utf8.count)
        let words = text.unicodeScalars.split { !(PythonCharacter.isAlphanumeric($0) || $0 == "_") }
        return .integer(words.count)
      },
      "format": Filter(nil) { renderer, value, arguments in
        guard arguments.positional.isEmpty || arguments.named.isEmpty else {
          throw TemplateFailure(.value, expected: "arguments with or without names for format", "both")
        }
        let given: TemplateValue =
          arguments.named.isEmpty
          ? .tuple(TemplateList(arguments.positional))
          : .mapping(TemplateMapping(arguments.named.map { (key: $0.0, value: $0.1) }))
        return .string(try renderer.formatted(renderer.softText(value), given))
      },
      "urlencode": Filter([]) { renderer, value, _ in
        guard case .string(let text) = value else {
          throw TemplateFailure(.unsupported, "urlencode of \(value.typeName)")
        }
        return .string(try renderer.percentEncoded(text.string))
      },
    ]
  }

  private func escaped(_ value: TemplateValue) throws -> TemplateText {
    let text = try value.text(budget)
    // An escape takes up to five bytes for one.
    try budget.spend(5 * text.utf8.count)
    return TemplateText(Self.escaped(text), isSafe: true)
  }

  private func percentEncoded(_ text: String) throws -> String {
    try budget.spend(3 * text.utf8.count)
    var out = ""
    for byte in text.utf8 {
      let scalar = Unicode.Scalar(byte)
      if byte < 0x80, PythonCharacter.isAlphanumeric(scalar) || "_.-~/".unicodeScalars.contains(scalar) {
        out.unicodeScalars.append(scalar)
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        out += "%" + (hex.utf8.count < 2 ? "0" : "") + hex
      }
    }
    return out
  }

  private func replacedByFilter(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let texts = try [arguments.value(0, "old"), arguments.value(1, "new")].map { argument in
      guard let argument else {
        throw TemplateFailure(.value, expected: "two arguments for the filter replace", "less")
      }
      return try softText(argument)
    }
    return try replaced(TemplateText(value.text(budget)), texts[0], texts[1], arguments.value(2, "count"))
  }

  private func indented(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    guard case .string(let text) = value else {
      throw TemplateFailure(.value, expected: "a string to indent", value.typeName)
    }
    guard !text.isSafe else { throw TemplateFailure(.unsupported, "indent of safe text") }
    let indent: String
    if case .string(let own)? = arguments.value(0, "width") {
      indent = own.string
    } else {
      let width = max(0, try integer(arguments.value(0, "width"), "the width") ?? 4)
      try budget.spend(width)
      indent = String(repeating: " ", count: width)
    }
    let lines = try lines(of: text.string + "\n", keepsEnds: false)
    let blanks = arguments.value(2, "blank")?.isTrue ?? false
    let (size, isOver) = lines.count.multipliedReportingOverflow(by: indent.utf8.count + 1)
    try budget.spend(isOver ? Int.max : size)
    var out = arguments.value(1, "first")?.isTrue == true ? indent : ""
    for (index, line) in lines.enumerated() {
      if index > 0 { out += "\n" + (blanks || !line.isEmpty ? indent : "") }
      out += line
    }
    return .string(out)
  }

  private func truncated(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
    let text = try text(value, "the text to truncate")
    let most = try integer(arguments.value(0, "length"), "the length") ?? 255
    let end = try arguments.value(2, "end").map { try self.text($0, "the end") } ?? "..."
    let given = arguments.value(3, "leeway").flatMap { $0.isNone ? nil : $0 }
    let leeway = try integer(given, "the leeway") ?? 5
    try budget.spend(text.utf8.count + end.utf8.count)
    let kept = most.subtractingReportingOverflow(end.unicodeScalars.count)
    guard kept.partialValue >= 0, !kept.overflow, leeway >= 0 else {
      throw TemplateFailure(.value, expected: "a length that the end fits into", "\(most)")
    }
    let (limit, isOver) = most.addingReportingOverflow(leeway)
    if isOver || text.unicodeScalars.count <= limit { return value }
    var cut = text.unicodeScalars.prefix(kept.partialValue)
    if arguments.value(1, "killwords")?.isTrue != true, let space = cut.lastIndex(of: " ") { cut = cut[..<space] }
    return .string(String(cut) + end)
  }
}
