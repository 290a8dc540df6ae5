/// White space as Python's `str.isspace` and its `\s` have it, which the language takes over.
enum PythonSpace {
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// The text without white space at its end.
  static func trimmingEnd(_ text: Substring) -> Substring {
    var scalars = text.unicodeScalars
    while let last = scalars.last, contains(last) { scalars.removeLast() }
    return Substring(scalars)
  }
}
