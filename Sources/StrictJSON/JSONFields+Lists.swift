// Lists, and texts of a stated form. A bad element is an error and is never left out. Every function here throws
// `E_JSON_TYPE` for a value of another type, `E_JSON_VALUE` for one outside of what its field allows and
// `E_JSON_MISSING_FIELD`.
extension JSONFields {
  /// The elements of the array under `key`.
  /// - Parameters:
  ///   - key: The name of the field.
  ///   - count: How many there must be, where that is known.
  public func array(_ key: String, count: Int?) throws(JSONError) -> [JSONValue] {
    let elements = try array(key)
    if let count, elements.count != count {
      throw .value(place(of: key), key: key, expected: "\(count) elements", found: "\(elements.count)")
    }
    return elements
  }

  /// The objects of the array under `key`. Messages call each by its key and number.
  public func objects(_ key: String, count: Int? = nil) throws(JSONError) -> [JSONFields] {
    var objects: [JSONFields] = []
    for (number, element) in try array(key, count: count).enumerated() {
      objects.append(try JSONFields(element, file: file, what: "\(key)[\(number)]"))
    }
    return objects
  }

  /// The strings of the array under `key`.
  public func strings(_ key: String, count: Int? = nil) throws(JSONError) -> [String] {
    try texts(key, as: "a string", count: count) { $0 }
  }

  /// The strings of the array under `key`, each of a stated form.
  /// - Parameters:
  ///   - key: The name of the field.
  ///   - expected: The form, for messages.
  ///   - count: How many there must be, where that is known.
  ///   - read: An element, or nil when it has another form.
  public func texts<T>(
    _ key: String, as expected: String, count: Int? = nil, _ read: (String) -> T?
  ) throws(JSONError) -> [T] {
    var texts: [T] = []
    for (number, element) in try array(key, count: count).enumerated() {
      texts.append(try text(element, "\(key)[\(number)]", expected, read))
    }
    return texts
  }

  /// The integers of the array under `key`.
  public func ints(_ key: String, in range: ClosedRange<Int>) throws(JSONError) -> [Int] {
    var numbers: [Int] = []
    for (number, element) in try array(key).enumerated() {
      guard let value = element.intValue, range.contains(value) else {
        throw .value(
          JSONPlace(file: file, position: element.position), key: "\(key)[\(number)]",
          expected: "an integer from \(range.lowerBound) to \(range.upperBound)", found: element.typeName)
      }
      numbers.append(value)
    }
    return numbers
  }

  /// The string under `key`, which has a stated form.
  /// - Parameters:
  ///   - key: The name of the field.
  ///   - expected: The form, for messages.
  ///   - read: The string, or nil when it has another form.
  public func text<T>(_ key: String, as expected: String, _ read: (String) -> T?) throws(JSONError) -> T {
    try text(required(key, self[key]), key, expected, read)
  }

  /// The string under `key`, which is one of the words of a type.
  public func word<Word: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Word.Type = Word.self
  ) throws(JSONError) -> Word where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    return try text(key, as: "one of \(words)") { Word(rawValue: $0) }
  }

  /// The finite number under `key`, within a range.
  public func number(_ key: String, in range: ClosedRange<Double>) throws(JSONError) -> Double {
    let number = try number(key)
    guard range.contains(number) else {
      throw .value(
        place(of: key), key: key, expected: "a number from \(range.lowerBound) to \(range.upperBound)",
        found: self[key]?.typeName ?? "another")
    }
    return number
  }

  /// What `read` reads under `key`; nil for `null`. The key must be there.
  public func unlessNull<T>(_ key: String, _ read: (String) throws(JSONError) -> T) throws(JSONError) -> T? {
    try required(key, self[key]).isNull ? nil : try read(key)
  }

  /// Refuses an object whose `key` is another integer: a version, or a size that both sides must share.
  public func require(_ key: String, _ value: Int) throws(JSONError) {
    let found = try int(key)
    guard found == value else { throw .value(place(of: key), key: key, expected: "\(value)", found: "\(found)") }
  }

  /// Refuses an object whose `key` is another string.
  public func require(_ key: String, _ value: String) throws(JSONError) {
    _ = try text(key, as: "\"\(value)\"") { UTF8Name($0) == UTF8Name(value) ? $0 : nil }
  }

  private func text<T>(
    _ value: JSONValue, _ key: String, _ expected: String, _ read: (String) -> T?
  ) throws(JSONError) -> T {
    let place = JSONPlace(file: file, position: value.position)
    guard let string = value.stringValue else {
      throw .type(place, key: key, expected: expected, found: value.typeName)
    }
    guard let result = read(string) else {
      throw .value(place, key: key, expected: expected, found: value.typeName)
    }
    return result
  }
}
