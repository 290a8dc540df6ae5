/// Classes of characters as the methods of Python's strings have them.
enum PythonCharacter {
  static func isAlphabetic(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  static func isDecimal(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    let type = scalar.properties.numericType
    return type == .decimal || type == .digit
  }

  static func isNumeric(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType != nil }

  static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool { isAlphabetic(scalar) || isNumeric(scalar) }

  static func isTitle(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .titlecaseLetter }

  /// `isupper` of a whole text, or `islower`.
  static func isCased(_ text: String, upper: Bool) -> Bool {
    var found = false
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      if isTitle(scalar) || (upper ? properties.isLowercase : properties.isUppercase) { return false }
      if upper ? properties.isUppercase : properties.isLowercase { found = true }
    }
    return found
  }

  /// `istitle` of a whole text.
  static func isTitled(_ text: String) -> Bool {
    var found = false
    var isBehindCased = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isUppercase || isTitle(scalar) {
        if isBehindCased { return false }
        isBehindCased = true
        found = true
      } else if scalar.properties.isLowercase {
        guard isBehindCased else { return false }
        found = true
      } else {
        isBehindCased = false
      }
    }
    return found
  }
}
