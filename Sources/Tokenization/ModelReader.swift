import StrictJSON

/// Reads the byte-pair model of `tokenizer.json`.
enum ModelReader {
  /// Refuses another model, and every option that changes what merging does.
  static func checkOptions(_ model: JSONFields) throws {
    guard model["type"]?.stringValue == "BPE" else {
      throw TokenizerError.unsupported(
        .model, model.place(of: "type"), expected: "\"type\": \"BPE\"", found: model["type"]?.typeName ?? "no \"type\"")
    }
    try model.refuseUnknown([
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
      "ignore_merges", "vocab", "merges",
    ])
    // Nothing is dropped at 0, in whatever spelling.
    if model["dropout"]?.doubleValue != 0 { try refuse(model, "dropout", unless: [.null], "null or 0") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      try refuse(model, key, unless: [.null, ""], "null or \"\"")
    }
    // Every byte has a token, which ``byteIds(_:ids:)`` makes sure of: nothing is unknown, and nothing falls back.
    if let token = model["unk_token"], !token.isNull { _ = try model.string("unk_token") }
    for key in ["fuse_unk", "byte_fallback", "ignore_merges"] { _ = try model.optionalBool(key) }
  }

  private static func refuse(
    _ model: JSONFields, _ key: String, unless allowed: [JSONValue], _ expected: String
  ) throws {
    guard let value = model[key], !allowed.contains(value) else { return }
    throw TokenizerError.unsupported(
      .model, model.place(of: key), expected: "\"\(key)\": \(expected)", found: value.typeName)
  }

  /// The merges, ranked by their order.
  static func merges(_ model: JSONFields, ids: [UTF8Name: Int]) throws -> MergeTable {
    let list = try model.array("merges")
    var table = MergeTable(capacity: list.count)
    for (rank, value) in list.enumerated() {
      let place = JSONPlace(file: model.file, position: value.position)
      let (first, second) = try pair(value, place)
      let merge = "\(first) \(second)"
      func id(_ token: String) throws -> UInt32 {
        guard let id = ids[UTF8Name(token)] else {
          throw TokenizerError.mergeToken(place, merge: merge, token: token)
        }
        return UInt32(truncatingIfNeeded: id)
      }
      guard try table.insert(id(first), id(second), rank: rank, id: id(first + second)) else {
        throw TokenizerError.duplicateMerge(place, merge: merge)
      }
    }
    return table
  }

  private static func pair(_ value: JSONValue, _ place: JSONPlace) throws -> (String, String) {
    if let text = value.stringValue {
      let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
      if parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty {
        return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
      }
    } else if let parts = value.arrayValue, parts.count == 2, let first = parts[0].stringValue,
      let second = parts[1].stringValue, !first.isEmpty, !second.isEmpty
    {
      return (first, second)
    }
    throw TokenizerError.merge(place, found: value.typeName)
  }

  /// The id of every byte.
  static func byteIds(_ model: JSONFields, ids: [UTF8Name: Int]) throws -> [UInt32] {
    try ByteAlphabet.scalars.enumerated().map { byte, scalar in
      guard let id = ids[UTF8Name(String(scalar))] else {
        throw TokenizerError.missingByte(
          model.place(of: "vocab"), byte: UInt8(truncatingIfNeeded: byte), token: String(scalar))
      }
      return UInt32(truncatingIfNeeded: id)
    }
  }
}
