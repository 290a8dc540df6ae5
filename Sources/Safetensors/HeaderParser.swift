import StrictJSON

/// Reads a header's records straight from the events of its JSON text.
struct HeaderParser {
  private(set) var tensors: [TensorEntry] = []
  private(set) var metadata: [SafetensorsHeader.MetadataEntry] = []
  let file: String
  private var reader: JSONReader
  /// What a duplicate key in the object being read means.
  private var zone = Zone.names
  /// Names that are in memory already.
  private let known: Set<UTF8Name>
  /// The first shapes of the file, each held once: a file of experts one by one has few, and tens of thousands of tensors.
  private var shapes: [[Int]] = []
  private static let mostShapes = 16

  private enum Zone {
    case names, metadata
    case record(String)
  }

  /// - Parameter names: Names that are in memory already, for equal ones of the header to be held there.
  init(_ json: [UInt8], file: String, sharing names: Set<UTF8Name> = []) throws(SafetensorsError) {
    self.file = file
    known = names
    do throws(JSONError) {
      reader = try JSONReader(json, file: file)
      reader.longestKey = TensorRules.maxName + 1
    } catch {
      if case .utf8(_, let found) = error, found.hasPrefix("byte") { throw .headerUTF8(file: file, error: error) }
      throw .headerJSON(file: file, error: error)
    }
  }

  /// Reads the whole text.
  mutating func parse() throws(SafetensorsError) {
    // A large list that grows is held twice while it moves. Most records take a hundred bytes or more.
    if reader.size > 1 << 20 { tensors.reserveCapacity(min(TensorRules.maxTensors, reader.size / 100)) }
    let first = try next()
    guard first == .beginObject else {
      try skip(first)
      throw .notObject(file: file, found: first.name)
    }
    while case .key(let name) = try next() {
      if UTF8Name(name) == UTF8Name(TensorRules.metadataKey) {
        zone = .metadata
        try parseMetadata()
      } else {
        guard tensors.count < TensorRules.maxTensors else {
          throw .tensorInfo(
            file: file, tensor: name, expected: "at most \(TensorRules.maxTensors) tensors in one file", found: "more")
        }
        try TensorRules.checkName(name, file: file)
        zone = .record(name)
        let held = known.firstIndex(of: UTF8Name(name)).map { [known] in known[$0].string } ?? name
        tensors.append(try parseRecord(held))
      }
      zone = .names
    }
    try finish()
  }

  private mutating func parseMetadata() throws(SafetensorsError) {
    reader.longestKey = .max
    defer { reader.longestKey = TensorRules.maxName + 1 }
    let first = try next()
    guard first == .beginObject else {
      try skip(first)
      throw .metadata(file: file, found: first.name)
    }
    while case .key(let key) = try next() {
      guard metadata.count < TensorRules.maxMetadata else {
        throw .metadata(file: file, found: "more than \(TensorRules.maxMetadata) entries")
      }
      let value = try next()
      guard case .string(let text) = value else {
        try skip(value)
        throw .metadata(file: file, found: "\(value.name) under \"\(key)\"")
      }
      metadata.append(.init(key: key, value: text))
    }
  }

  private mutating func parseRecord(_ name: String) throws(SafetensorsError) -> TensorEntry {
    let first = try next()
    guard first == .beginObject else {
      throw try wrongForm(name, "an object", first)
    }
    var dtype: DType?
    var shape: [Int]?
    var offsets: [Int]?
    while case .key(let field) = try next() {
      switch field {
      case "dtype": dtype = try parseDType(name)
      case "shape": shape = try parseIntegers(name, field, limit: TensorRules.maxRank)
      case "data_offsets": offsets = try parseIntegers(name, field, limit: 2)
      default:
        throw .tensorInfo(
          file: file, tensor: name, expected: "dtype, shape and data_offsets only", found: "a field \"\(field)\"")
      }
    }
    guard let dtype, let shape, let offsets else {
      let missing = dtype == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw .tensorInfo(
        file: file, tensor: name, expected: "dtype, shape and data_offsets", found: "no \(missing)")
    }
    guard offsets.count == 2 else {
      throw .tensorInfo(
        file: file, tensor: name, expected: "two data_offsets", found: "\(offsets.count)")
    }
    return try checked(name, dtype, shape, offsets[0], offsets[1])
  }

  private mutating func checked(
    _ name: String, _ dtype: DType, _ shape: [Int], _ begin: Int, _ end: Int
  ) throws(SafetensorsError) -> TensorEntry {
    let bytes = try TensorRules.byteCount(name: name, dtype: dtype, shape: shape, file: file)
    guard begin <= end else { throw .offsets(file: file, tensor: name, begin: begin, end: end) }
    // Both are at least 0, so the difference cannot overflow.
    guard end - begin == bytes else {
      throw .sizeMismatch(
        file: file, tensor: name, expected: "\(bytes) bytes for \(dtype.rawValue) \(shape)",
        found: "\(end - begin) bytes at [\(begin), \(end)]")
    }
    return TensorEntry(name: name, dtype: dtype, shape: shared(shape), begin: begin, end: end)
  }

  private mutating func shared(_ shape: [Int]) -> [Int] {
    if let known = shapes.first(where: { $0 == shape }) { return known }
    if shapes.count < HeaderParser.mostShapes { shapes.append(shape) }
    return shape
  }

  private mutating func parseDType(_ name: String) throws(SafetensorsError) -> DType {
    let event = try next()
    guard case .string(let text) = event else { throw try wrongForm(name, "dtype as a string", event) }
    guard let dtype = DType(rawValue: text) else { throw .dtype(file: file, tensor: name, found: text) }
    return dtype
  }

  /// An array of at most `limit` integers.
  private mutating func parseIntegers(
    _ name: String, _ field: String, limit: Int
  ) throws(SafetensorsError) -> [Int] {
    let first = try next()
    guard first == .beginArray else { throw try wrongForm(name, "\(field) as an array", first) }
    var numbers: [Int] = []
    while true {
      let event = try next()
      if event == .endArray { return numbers }
      guard case .number(let spelling) = event else { throw try wrongForm(name, "integers in \(field)", event) }
      guard let number = JSONInteger.natural(spelling) else {
        throw .number(
          file: file, tensor: name, expected: "integers from 0 to 2^63-1 in \(field)",
          found: String(spelling.prefix(40)))
      }
      guard numbers.count < limit else {
        throw .tensorInfo(
          file: file, tensor: name, expected: "at most \(limit) numbers in \(field)", found: "more")
      }
      numbers.append(number)
    }
  }

  /// The error for a value of another type; a syntax error inside that value goes first.
  private mutating func wrongForm(
    _ name: String, _ expected: String, _ event: JSONEvent
  ) throws(SafetensorsError) -> SafetensorsError {
    try skip(event)
    return .tensorInfo(file: file, tensor: name, expected: expected, found: event.name)
  }

  private mutating func finish() throws(SafetensorsError) {
    do throws(JSONError) { _ = try reader.next() } catch { throw meaning(of: error) }
  }

  private mutating func skip(_ event: JSONEvent) throws(SafetensorsError) {
    do throws(JSONError) { try reader.skip(event) } catch { throw meaning(of: error) }
  }

  /// The next event, which is there: this is called inside an open value only.
  private mutating func next() throws(SafetensorsError) -> JSONEvent {
    do throws(JSONError) {
      return try reader.next() ?? .null
    } catch {
      throw meaning(of: error)
    }
  }

  private func meaning(of error: JSONError) -> SafetensorsError {
    guard case .duplicateKey(_, let key) = error else { return .headerJSON(file: file, error: error) }
    switch zone {
    case .names: return .duplicateName(file: file, tensor: key)
    case .metadata: return .metadata(file: file, found: "\"\(key)\" twice")
    case .record(let name):
      return .tensorInfo(file: file, tensor: name, expected: "every field once", found: "\"\(key)\" twice")
    }
  }
}
