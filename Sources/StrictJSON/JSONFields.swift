import Diagnostics

/// The fields of one object, read by type, with errors that name file, line and column.
///
/// `null` is a value with its own type here: where a string belongs, it is refused like a number.
public struct JSONFields: Sendable {
  /// The object.
  public let value: JSONValue
  /// The path that messages name.
  public let file: String
  /// What the object is, for messages: "the manifest", "rule 3".
  public let what: String
  private let members: [JSONValue.Member]

  /// - Throws: `E_JSON_TYPE` when `value` is not an object.
  public init(_ value: JSONValue, file: String, what: String) throws(JSONError) {
    guard let members = value.members else {
      throw .type(
        JSONPlace(file: file, position: value.position), key: what, expected: "an object", found: value.typeName)
    }
    self.value = value
    self.file = file
    self.what = what
    self.members = members
  }

  /// Reads a whole text, whose value is an object. A string of megabytes is not held a second time to be refused.
  /// - Parameters:
  ///   - bytes: The text, UTF-8.
  ///   - file: The path that messages name.
  ///   - what: What the object is, for messages.
  ///   - maxValues: Greatest number of values.
  /// - Throws: ``JSONError``; `E_JSON_TYPE` when the value is not an object.
  public init(
    reading bytes: [UInt8], file: String, what: String, maxValues: Int = 1 << 24
  ) throws(JSONError) {
    let start = bytes.firstIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? bytes.endIndex
    if bytes.count > 1 << 20, start < bytes.endIndex, bytes[start] == UInt8(ascii: "\"") {
      throw .type(
        JSONPlace(file: file, position: JSONPosition(offset: start, in: bytes)), key: what, expected: "an object",
        found: "a string")
    }
    try self.init(JSONValue.parse(bytes, file: file, maxValues: maxValues), file: file, what: what)
  }

  /// The keys in the order of the text.
  public var keys: [String] { members.map(\.key) }

  /// The value under a key, of any type.
  public subscript(key: String) -> JSONValue? { members.firstIndex(of: key).map { members[$0].value } }

  /// Where the value under a key begins; the object's own place when there is no such key.
  public func place(of key: String) -> JSONPlace {
    JSONPlace(file: file, position: self[key]?.position ?? value.position)
  }

  /// - Throws: `E_JSON_UNKNOWN_FIELD` for the first key that is not in `known`; names the nearest known one.
  public func refuseUnknown(_ known: [String]) throws(JSONError) {
    let names = Set(known.map(UTF8Name.init))
    for member in members where !names.contains(UTF8Name(member.key)) {
      // The edit distance costs the product of both lengths; nobody misspells a field by a kilobyte.
      let nearest = member.key.utf8.count <= 200 ? nearestName(to: member.key, among: known) : nil
      throw .unknownField(
        JSONPlace(file: file, position: member.position), key: member.key, what: what, nearest: nearest)
    }
  }

  /// The value under a key read by `read`, or nil without the key.
  func optional<T>(_ key: String, _ expected: String, _ read: (JSONValue) -> T?) throws(JSONError) -> T? {
    guard let value = self[key] else { return nil }
    guard let result = read(value) else {
      throw .type(
        JSONPlace(file: file, position: value.position), key: key, expected: expected, found: value.typeName)
    }
    return result
  }

  /// `value`, or the error that `key` is missing.
  func required<T>(_ key: String, _ value: T?) throws(JSONError) -> T {
    guard let value else {
      throw .missingField(JSONPlace(file: file, position: self.value.position), key: key, what: what)
    }
    return value
  }
}
