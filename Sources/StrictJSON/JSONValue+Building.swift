extension JSONValue {
  /// An object with members in the order given; of a key given twice, the last value stays in the first place.
  public static func object(_ pairs: [(String, JSONValue)]) -> JSONValue {
    var members: [Member] = []
    members.reserveCapacity(pairs.count)
    // Most objects have a few members, which are compared one by one; looking through all of them for each of many
    // would take the square of their number.
    var places: [UTF8Name: Int] = [:]
    let isLarge = pairs.count > 16
    for (key, value) in pairs {
      if let place = isLarge ? places[UTF8Name(key)] : members.firstIndex(of: key) {
        members[place].value = value
      } else {
        if isLarge { places[UTF8Name(key)] = members.count }
        members.append(Member(key: key, value: value))
      }
    }
    return JSONValue(.object(members))
  }

  /// An array.
  public static func array(_ elements: [JSONValue]) -> JSONValue { JSONValue(.array(elements)) }

  /// A string.
  public static func string(_ text: String) -> JSONValue { JSONValue(.string(text)) }

  /// An integer.
  public static func int(_ value: Int) -> JSONValue { JSONValue(.number(String(value))) }

  /// `true` or `false`.
  public static func bool(_ value: Bool) -> JSONValue { JSONValue(.bool(value)) }

  /// `null`.
  public static var null: JSONValue { JSONValue(.null) }

  /// Puts a value under a key: in the place of the old one, or after the last member. A value that is not an object
  /// becomes one.
  public mutating func set(_ key: String, to value: JSONValue) {
    var list = members ?? []
    // Let go of the array held by `content` first, so that the list is changed in place.
    content = .null
    if let index = list.firstIndex(of: key) {
      list[index].value = value
    } else {
      list.append(Member(key: key, value: value))
    }
    content = .object(list)
  }

  /// Removes the member under a key, if there is one, and returns its value.
  @discardableResult
  public mutating func removeKey(_ key: String) -> JSONValue? {
    guard var list = members, let index = list.firstIndex(of: key) else { return nil }
    let removed = list.remove(at: index)
    content = .object(list)
    return removed.value
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self.init(.string(value)) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self.init(.bool(value)) }
  public init(arrayLiteral elements: JSONValue...) { self.init(.array(elements)) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
  public init(nilLiteral: ()) { self.init(.null) }
}
