/// Upper and lower case as Python's strings make it: every character by itself, except for the sigma at the end of a word.
enum PythonCase {
  case upper, lower, capitalized, swapped
  /// `title()`: a capital after everything that has no case.
  case title
  /// The filter `title`: a capital after white space, hyphens and opening brackets.
  case titleOfWords

  func apply(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) {
      if case .upper = self { return text.uppercased() }
      if case .lower = self { return text.lowercased() }
    }
    let scalars = Array(text.unicodeScalars)
    var out = ""
    var isFirst = true
    for (index, scalar) in scalars.enumerated() {
      switch self {
      case .upper: out += scalar.properties.uppercaseMapping
      case .lower: out += Self.lower(scalars, index)
      case .swapped:
        let properties = scalar.properties
        if properties.isUppercase {
          out += Self.lower(scalars, index)
        } else {
          out += properties.isLowercase ? properties.uppercaseMapping : String(scalar)
        }
      case .capitalized:
        out += isFirst ? scalar.properties.titlecaseMapping : Self.lower(scalars, index)
        isFirst = false
      case .title:
        out += isFirst ? scalar.properties.titlecaseMapping : Self.lower(scalars, index)
        isFirst = !scalar.properties.isCased
      case .titleOfWords:
        let opens = PythonSpace.contains(scalar) || "-({[<".unicodeScalars.contains(scalar)
        if opens {
          out.unicodeScalars.append(scalar)
        } else {
          out += isFirst ? scalar.properties.uppercaseMapping : Self.lower(scalars, index)
        }
        isFirst = opens
      }
    }
    return out
  }

  private static func lower(_ scalars: [Unicode.Scalar], _ index: Int) -> String {
    guard scalars[index].value == 0x3A3 else { return scalars[index].properties.lowercaseMapping }
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let behind = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && behind?.properties.isCased != true ? "\u{3C2}" : "\u{3C3}"
  }
}
