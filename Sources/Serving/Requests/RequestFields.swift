import StrictJSON

/// The fields of an object of a request, read by type, with errors that name the field. `null` is as good as no field:
/// clients send it for what they leave out. Fields that nobody asks for are ignored, as by both vendors.
package struct RequestFields: Sendable {
  /// The object.
  package let value: JSONValue
  /// Its path in the request; empty for the request itself.
  package let path: String

  /// - Throws: ``APIError`` when `value` is not an object.
  package init(_ value: JSONValue, path: String = "") throws(APIError) {
    guard value.members != nil else {
      throw path.isEmpty
        ? APIError(.invalid, "the body is \(value.typeName), and must be an object")
        : .field(path, Self.wrong("an object", value))
    }
    self.value = value
    self.path = path
  }

  /// Reads a body.
  /// - Throws: ``APIError``, with the place of what is not JSON.
  package init(body: [UInt8], limits: RequestLimits) throws(APIError) {
    // A mark of byte order is no part of JSON; a reader may pass over it (RFC 8259), and some systems write it everywhere.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let body = body.starts(with: mark) ? Array(body.dropFirst(mark.count)) : body
    do {
      try self.init(
        JSONValue.parse(body, file: "body", maxDepth: limits.depth, maxValues: limits.values))
    } catch let error as JSONError {
      throw APIError(
        .invalid,
        "the body is not the JSON that is read here: \(error.words.expected) expected, \(error.words.found), at \(error.place)",
        code: error.diagnostic.code)
    } catch {
      throw APIError(error)
    }
  }

  /// The path of a field.
  package func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The value of a field; nil without it, and for `null`.
  package subscript(key: String) -> JSONValue? {
    // A `nil` beside a `JSONValue` would be its null.
    guard let found = value[key], !found.isNull else { return Optional.none }
    return found
  }

  /// The error that a field has another type or value.
  package func wrong(_ key: String, _ expected: String) -> APIError {
    guard let value = self[key] else {
      return .field(name(key), "is missing: \(expected) is needed", code: "missing_required_parameter")
    }
    return .field(name(key), Self.wrong(expected, value), code: "invalid_type")
  }

  private static func wrong(_ expected: String, _ value: JSONValue) -> String {
    "must be \(expected), and is \(value.typeName)"
  }

  /// A string; nil without the field.
  package func string(_ key: String, bytes limit: Int = .max) throws(APIError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.stringValue else { throw wrong(key, "a string") }
    guard text.utf8.count <= limit else {
      throw .field(name(key), "has more than \(limit) bytes", code: "string_above_max_length")
    }
    return text
  }

  /// A string that must be there.
  package func required(_ key: String, bytes limit: Int = .max) throws(APIError) -> String {
    guard let text = try string(key, bytes: limit) else { throw wrong(key, "a string") }
    return text
  }

  /// `true` or `false`; nil without the field.
  package func bool(_ key: String) throws(APIError) -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.boolValue else { throw wrong(key, "true or false") }
    return flag
  }

  /// A whole number within a range; `3.0` is one, too, as some clients write it.
  package func int(_ key: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let value = self[key] else { return nil }
    let number = value.intValue ?? value.doubleValue.flatMap { Int(exactly: $0) }
    guard let number, range.contains(number) else {
      throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A finite number within a range.
  package func number(_ key: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.doubleValue, range.contains(number) else {
      throw wrong(key, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The elements of a list; nil without the field.
  package func list(_ key: String, most limit: Int) throws(APIError) -> [JSONValue]? {
    guard let value = self[key] else { return nil }
    guard let elements = value.arrayValue else { throw wrong(key, "a list") }
    guard elements.count <= limit else {
      throw .field(
        name(key), "has \(elements.count) elements, and at most \(limit) are taken", code: "array_above_max_length")
    }
    return elements
  }

  /// The objects of a list.
  package func objects(_ key: String, most limit: Int) throws(APIError) -> [RequestFields]? {
    guard let elements = try list(key, most: limit) else { return nil }
    var objects: [RequestFields] = []
    for (index, element) in elements.enumerated() {
      objects.append(try RequestFields(element, path: "\(name(key))[\(index)]"))
    }
    return objects
  }

  /// The strings of a list.
  package func strings(_ key: String, most limit: Int, bytes: Int) throws(APIError) -> [String]? {
    guard let elements = try list(key, most: limit) else { return nil }
    var strings: [String] = []
    for (index, element) in elements.enumerated() {
      let place = "\(name(key))[\(index)]"
      guard let text = element.stringValue else { throw .field(place, Self.wrong("a string", element)) }
      guard text.utf8.count <= bytes else { throw .field(place, "has more than \(bytes) bytes") }
      strings.append(text)
    }
    return strings
  }

  /// The whole numbers of a list.
  package func ints(_ key: String, most limit: Int, in range: ClosedRange<Int>) throws(APIError) -> [Int]? {
    guard let elements = try list(key, most: limit) else { return nil }
    var numbers: [Int] = []
    for (index, element) in elements.enumerated() {
      guard let number = element.intValue, range.contains(number) else {
        throw .field(
          "\(name(key))[\(index)]",
          Self.wrong("a whole number from \(range.lowerBound) to \(range.upperBound)", element))
      }
      numbers.append(number)
    }
    return numbers
  }

  /// An object; nil without the field.
  package func object(_ key: String) throws(APIError) -> RequestFields? {
    guard let value = self[key] else { return nil }
    return try RequestFields(value, path: name(key))
  }
}
