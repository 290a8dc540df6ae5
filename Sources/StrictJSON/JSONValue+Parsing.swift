extension JSONValue {
  /// Reads a whole text.
  /// - Parameters:
  ///   - bytes: The text, UTF-8.
  ///   - file: The path that messages name.
  ///   - maxDepth: Greatest number of containers open at once.
  ///   - maxValues: Greatest number of values, which bounds the memory: `[0,0,…]` takes thirty times its bytes.
  ///   - keepsLast: Whether a key that comes twice in one object has its last value, in the place of the first; else it is
  ///     refused.
  /// - Throws: ``JSONError``.
  public static func parse(
    _ bytes: [UInt8], file: String, maxDepth: Int = 64, maxValues: Int = 1 << 24, keepsLast: Bool = false
  ) throws(JSONError) -> JSONValue {
    var reader = try JSONReader(bytes, file: file, maxDepth: maxDepth, takesDuplicates: keepsLast)
    var open: [OpenContainer] = []
    var root = JSONValue(.null)
    var count = 0
    while let event = try reader.next() {
      var finished: JSONValue?
      switch event {
      case .beginObject, .beginArray: open.append(OpenContainer(event == .beginObject, reader.position))
      case .key(let key): open[open.count - 1].expect(key, reader.position)
      case .endObject, .endArray: finished = open.removeLast().value(keepsLast: keepsLast)
      case .string(let text): finished = JSONValue(.string(text), position: reader.position)
      case .number(let spelling): finished = JSONValue(.number(spelling), position: reader.position)
      case .bool(let value): finished = JSONValue(.bool(value), position: reader.position)
      case .null: finished = JSONValue(.null, position: reader.position)
      }
      guard let finished else { continue }
      count += 1
      guard count <= maxValues else {
        throw .values(JSONPlace(file: file, position: reader.position), limit: maxValues)
      }
      if open.isEmpty { root = finished } else { open[open.count - 1].add(finished) }
    }
    return root
  }

  /// Greatest number of values of a file that describes one model and not each of its tensors: `config.json`, a manifest.
  /// Those of the largest models have some thousands.
  public static let modestCount = 1 << 17
}

/// A container whose end is not read yet.
private struct OpenContainer {
  let isObject: Bool
  let position: JSONPosition
  private var elements: [JSONValue] = []
  private var members: [JSONValue.Member] = []
  private var key: (name: String, position: JSONPosition)?

  init(_ isObject: Bool, _ position: JSONPosition) {
    self.isObject = isObject
    self.position = position
  }

  mutating func expect(_ name: String, _ position: JSONPosition) { key = (name, position) }

  mutating func add(_ value: JSONValue) {
    if let key {
      members.append(JSONValue.Member(key: key.name, value: value, position: key.position))
      self.key = nil
    } else {
      elements.append(value)
    }
  }

  func value(keepsLast: Bool) -> JSONValue {
    let object = { keepsLast ? JSONValue.object(members.map { ($0.key, $0.value) }).content : .object(members) }
    return JSONValue(isObject ? object() : .array(elements), position: position)
  }
}
