// Every function here throws `E_JSON_TYPE` for a value of another type; those that return no optional also throw
// `E_JSON_MISSING_FIELD`.
extension JSONFields {
  /// The string under `key`; nil without the key.
  public func optionalString(_ key: String) throws(JSONError) -> String? {
    try optional(key, "a string") { $0.stringValue }
  }

  /// The string under `key`.
  public func string(_ key: String) throws(JSONError) -> String { try required(key, optionalString(key)) }

  /// The integer under `key`; nil without the key.
  /// - Throws: `E_JSON_TYPE`; `E_JSON_NUMBER` for a number that is not spelled as an integer or is outside `range`.
  public func optionalInt(
    _ key: String, in range: ClosedRange<Int> = Int.min...Int.max
  ) throws(JSONError) -> Int? {
    let spelling = try optional(key, "an integer") { value -> String? in
      if case .number(let spelling) = value.content { spelling } else { nil }
    }
    guard let spelling else { return nil }
    guard let number = JSONInteger.exact(spelling), range.contains(number) else {
      let bounds = range == Int.min...Int.max ? "" : " from \(range.lowerBound) to \(range.upperBound)"
      throw .number(place(of: key), expected: "an integer\(bounds)", found: "\"\(key)\": \(spelling.prefix(40))")
    }
    return number
  }

  /// The integer under `key`.
  /// - Throws: as ``optionalInt(_:in:)``; `E_JSON_MISSING_FIELD`.
  public func int(_ key: String, in range: ClosedRange<Int> = Int.min...Int.max) throws(JSONError) -> Int {
    try required(key, optionalInt(key, in: range))
  }

  /// The truth value under `key`; nil without the key.
  public func optionalBool(_ key: String) throws(JSONError) -> Bool? {
    try optional(key, "true or false") { $0.boolValue }
  }

  /// The truth value under `key`.
  public func bool(_ key: String) throws(JSONError) -> Bool { try required(key, optionalBool(key)) }

  /// The number under `key` as the nearest `Double`; nil without the key.
  /// - Throws: `E_JSON_TYPE`; `E_JSON_NUMBER` for a number beyond the finite range.
  public func optionalNumber(_ key: String) throws(JSONError) -> Double? {
    let value = try optional(key, "a number") { value -> JSONValue? in
      if case .number = value.content { value } else { nil }
    }
    guard let value else { return nil }
    guard let number = value.doubleValue else {
      throw .number(place(of: key), expected: "a finite number", found: value.typeName)
    }
    return number
  }

  /// The number under `key` as the nearest `Double`.
  public func number(_ key: String) throws(JSONError) -> Double { try required(key, optionalNumber(key)) }

  /// The object under `key`; nil without the key. Messages call it by its key.
  public func optionalObject(_ key: String) throws(JSONError) -> JSONFields? {
    guard let value = self[key] else { return nil }
    return try JSONFields(value, file: file, what: key)
  }

  /// The object under `key`.
  public func object(_ key: String) throws(JSONError) -> JSONFields { try required(key, optionalObject(key)) }

  /// The elements of the array under `key`; nil without the key.
  public func optionalArray(_ key: String) throws(JSONError) -> [JSONValue]? {
    try optional(key, "an array") { $0.arrayValue }
  }

  /// The elements of the array under `key`.
  public func array(_ key: String) throws(JSONError) -> [JSONValue] { try required(key, optionalArray(key)) }
}
