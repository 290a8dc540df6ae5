import StrictJSON

/// Fields of `quantization_config`, or of an object in it. `null` says as much as nothing.
struct QuantizationFields {
  let value: JSONValue
  let file: String
  /// The object's path: `quantization_config.config_groups.group_0`.
  let path: String

  func integer(_ key: String) throws -> Int? { try read(key, "an integer") { $0.intValue } }

  func flag(_ key: String) throws -> Bool? { try read(key, "true or false") { $0.boolValue } }

  /// A word, in small letters.
  func word(_ key: String) throws -> String? { try read(key, "a word") { $0.stringValue?.lowercased() } }

  /// Columns that share a scale: a positive number, or -1 for all.
  func groupSize(_ key: String) throws -> Int? {
    try read(key, "a number of columns from 1 on, -1 or null") { field in
      field.intValue.flatMap { $0 > 0 || $0 == -1 ? $0 : nil }
    }
  }

  /// Rows and columns of a block: `[128, 128]`, or `"128x128"`.
  func block(_ key: String) throws -> [Int]? {
    try read(key, "rows and columns of a block") { field in
      let sides =
        field.arrayValue.map { $0.compactMap(\.intValue) }
        ?? field.stringValue.map { $0.split(separator: "x").compactMap { Int($0) } } ?? []
      let count = field.arrayValue?.count ?? sides.count
      return count == 2 && sides.count == 2 && sides.allSatisfy { $0 > 0 } ? sides : nil
    }
  }

  /// The objects in an object; nil when the field is not there.
  func objects(_ key: String) throws -> [QuantizationFields]? {
    try read(key, "an object") { field in
      field.members?.map { QuantizationFields(value: $0.value, file: file, path: "\(path).\(key).\($0.key)") }
    }
  }

  /// An object.
  func object(_ key: String) throws -> QuantizationFields? {
    try read(key, "an object") { field in
      field.members.map { _ in QuantizationFields(value: field, file: file, path: "\(path).\(key)") }
    }
  }

  func refusal(_ key: String, _ expected: String) -> CheckpointError {
    .config(file: file, field: "\(path).\(key)", expected: expected, found: value[key]?.brief ?? "nothing")
  }

  private func read<Value>(
    _ key: String, _ expected: String, _ parse: (JSONValue) -> Value?
  ) throws -> Value? {
    guard let field = value[key], !field.isNull else { return nil }
    guard let parsed = parse(field) else { throw refusal(key, expected) }
    return parsed
  }
}
