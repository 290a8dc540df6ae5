import StrictJSON

/// Reads the model's vocabulary and the added tokens into one table of ids.
struct VocabularyReader {
  /// Tokens by id, nil in a gap; complete after ``read()``.
  private(set) var names: [String?] = []
  private(set) var ids: [UTF8Name: Int] = [:]
  /// The model's own tokens, which merges may name.
  private(set) var modelIds: [UTF8Name: Int] = [:]
  private var slots: [String?] = []
  private let model: JSONFields
  private let added: [JSONFields]
  /// Rows of the model's embedding; nil when nobody says.
  private let rows: Int?

  /// Most rows that are believed: a number of a file is no size of a table.
  private static let mostRows = 1 << 21

  init(model: JSONFields, added: [JSONValue], rows: Int?) throws(JSONError) {
    self.model = model
    self.rows = rows.map { min($0, Self.mostRows) }
    var fields: [JSONFields] = []
    for value in added { fields.append(try JSONFields(value, file: model.file, what: "an added token")) }
    self.added = fields
  }

  mutating func read() throws -> [AddedToken] {
    let vocabulary = try model.object("vocab").value.members ?? []
    let own = Set(vocabulary.map { UTF8Name($0.key) })
    let news = try added.filter { try !own.contains(UTF8Name($0.string("content"))) }
    // Ids below the number of tokens or of the model's rows: no table is as long as a hostile number says. Between the two
    // there may be gaps.
    slots = [String?](repeating: nil, count: max(vocabulary.count + news.count, rows ?? 0))
    for member in vocabulary {
      let place = JSONPlace(file: model.file, position: member.position)
      try enter(member.key, id: member.value, at: place)
    }
    modelIds = ids
    var tokens: [AddedToken] = []
    var contents: Set<UTF8Name> = []
    for fields in added { tokens.append(try readAdded(fields, &contents)) }
    names = Array(slots[..<((slots.lastIndex { $0 != nil } ?? -1) + 1)])
    return tokens
  }

  private mutating func readAdded(_ fields: JSONFields, _ contents: inout Set<UTF8Name>) throws -> AddedToken {
    let place = JSONPlace(file: fields.file, position: fields.value.position)
    let content = try fields.string("content")
    guard !content.isEmpty else {
      throw TokenizerError.unsupported(.addedToken, place, expected: "a text", found: "an empty one")
    }
    let name = UTF8Name(content)
    guard contents.insert(name).inserted else { throw TokenizerError.duplicateToken(place, token: content) }
    let id = try idValue(fields)
    if let known = modelIds[name] {
      guard id.intValue == known else { throw TokenizerError.duplicateToken(place, token: content) }
    } else {
      try enter(content, id: id, at: place)
    }
    return AddedToken(
      id: ids[name] ?? 0, content: content, isSpecial: try fields.bool("special"),
      isNormalized: try fields.bool("normalized"), takesSpaceBefore: try fields.bool("lstrip"),
      takesSpaceBehind: try fields.bool("rstrip"), isSingleWord: try fields.bool("single_word"))
  }

  /// The id as it is spelled: one that no `Int` holds is out of range, and not of a wrong type.
  private func idValue(_ fields: JSONFields) throws(JSONError) -> JSONValue {
    guard let value = fields["id"] else {
      throw .missingField(
        JSONPlace(file: fields.file, position: fields.value.position), key: "id", what: fields.what)
    }
    return value
  }

  private mutating func enter(_ token: String, id value: JSONValue, at place: JSONPlace) throws {
    guard let id = value.intValue, slots.indices.contains(id) else {
      throw TokenizerError.idRange(place, token: token, id: value.typeName, count: slots.count)
    }
    if let other = slots[id] { throw TokenizerError.duplicateId(place, token: token, other: other, id: id) }
    slots[id] = token
    ids[UTF8Name(token)] = id
  }
}
