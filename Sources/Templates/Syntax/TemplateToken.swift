/// One token of a template's source.
struct TemplateToken: Sendable {
  enum Kind: Sendable, Equatable {
    /// Text outside of tags.
    case data(String)
    /// `{{`, `}}`
    case variableBegin, variableEnd
    /// `{%`, `%}`
    case blockBegin, blockEnd
    /// A name or keyword.
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(Symbol)
    /// What follows the last token.
    case end
  }

  /// Operators and punctuation.
  enum Symbol: String, Sendable, CaseIterable {
    case plus = "+", minus = "-", divide = "/", floorDivide = "//", multiply = "*", modulo = "%", power = "**"
    case tilde = "~", openBracket = "[", closeBracket = "]", openParen = "(", closeParen = ")"
    case openBrace = "{", closeBrace = "}", equal = "==", notEqual = "!=", greater = ">", greaterEqual = ">="
    case less = "<", lessEqual = "<=", assign = "=", dot = ".", colon = ":", pipe = "|", comma = ",", semicolon = ";"

    /// The symbol that closes this one.
    var closing: Symbol? {
      switch self {
      case .openBracket: .closeBracket
      case .openParen: .closeParen
      case .openBrace: .closeBrace
      default: nil
      }
    }

    /// Symbols of two bytes, then those of one.
    static let byLength = allCases.sorted {
      ($0.rawValue.utf8.count, $1.rawValue) > ($1.rawValue.utf8.count, $0.rawValue)
    }
    .map { (symbol: $0, bytes: Array($0.rawValue.utf8)) }
  }

  let kind: Kind
  let position: TemplatePosition

  /// What messages call the token.
  var text: String {
    switch kind {
    case .data: "text"
    case .variableBegin: "{{"
    case .variableEnd: "}}"
    case .blockBegin: "{%"
    case .blockEnd: "%}"
    case .name(let name): name
    case .string(let text): text.utf8.count <= 40 ? "'\(text)'" : "a string"
    case .integer(let value): String(value)
    case .float(let value): String(value)
    case .symbol(let symbol): symbol.rawValue
    case .end: "the end of the template"
    }
  }
}
