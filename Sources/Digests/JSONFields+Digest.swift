import StrictJSON

extension SHA256Digest {
  /// The digest that ``hex`` spells; nil for any other text, upper case included.
  init?(spelling: String) {
    guard !spelling.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }) else { return nil }
    self.init(hex: spelling)
  }
}

// Digests in our own documents, which are read as strictly as they are written: 64 digits in lower case.
extension JSONFields {
  private static let sha256Form = "a SHA-256, 64 hexadecimal digits in lower case"

  /// The SHA-256 under `key`.
  public func sha256(_ key: String) throws(JSONError) -> SHA256Digest {
    try text(key, as: JSONFields.sha256Form) { SHA256Digest(spelling: $0) }
  }

  /// The SHA-256 digests of the array under `key`.
  public func sha256List(_ key: String, count: Int? = nil) throws(JSONError) -> [SHA256Digest] {
    try texts(key, as: JSONFields.sha256Form, count: count) { SHA256Digest(spelling: $0) }
  }
}
