import StrictJSON

extension SafetensorsHeader {
  /// Bytes of a file's start that ``headerLength(prefix:fileSize:file:)`` looks at.
  public static let prefixLength = 64

  /// N, checked against the limit and the file's size before anything of that size is read.
  /// - Parameters:
  ///   - prefix: The first ``prefixLength`` bytes of the file, or all of a shorter one.
  ///   - fileSize: Bytes.
  ///   - file: The path that messages name.
  public static func headerLength(prefix: [UInt8], fileSize: Int, file: String) throws(SafetensorsError) -> Int {
    guard fileSize >= 8, prefix.count >= 8 else { throw .headerTooSmall(file: file, found: fileSize) }
    let raw = prefix[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let length = Int(exactly: raw), length <= TensorRules.maxHeaderLength else {
      throw ForeignFormat.error(prefix: prefix, file: file) ?? .headerTooLarge(file: file, found: raw)
    }
    // Compared by subtraction: 8 + N cannot overflow after the limit, but the order of the checks must not matter.
    guard length <= fileSize - 8 else {
      throw ForeignFormat.error(prefix: prefix, file: file)
        ?? .headerLength(file: file, expected: 8 + length, found: fileSize)
    }
    return length
  }

  /// Reads and checks a header.
  /// - Parameters:
  ///   - start: The file's first 8 + N bytes, or more.
  ///   - fileSize: Bytes of the whole file.
  ///   - file: The path that messages name.
  /// - Throws: ``SafetensorsError``.
  public static func parse(
    _ start: [UInt8], fileSize: Int, file: String
  ) throws(SafetensorsError) -> SafetensorsHeader {
    let prefix = Array(start.prefix(prefixLength))
    let length = try headerLength(prefix: prefix, fileSize: fileSize, file: file)
    guard start.count - 8 >= length else {
      throw .headerLength(file: file, expected: 8 + length, found: start.count)
    }
    return try parse(json: Array(start[8..<(8 + length)]), prefix: prefix, fileSize: fileSize, file: file)
  }

  /// Reads and checks a header.
  /// - Parameters:
  ///   - json: The N bytes after the length.
  ///   - prefix: The first ``prefixLength`` bytes of the file, or all of a shorter one.
  ///   - names: Names that are in memory already, for equal ones of the header to be held there.
  static func parse(
    json: [UInt8], prefix: [UInt8], fileSize: Int, file: String, sharing names: Set<UTF8Name> = []
  ) throws(SafetensorsError) -> SafetensorsHeader {
    do throws(SafetensorsError) {
      return try parse(json: json, fileSize: fileSize, file: file, sharing: names)
    } catch {
      // A length that happens to fit does not make a zip archive a broken safetensors file.
      if prefix.count > 8, prefix[8] != UInt8(ascii: "{"), let better = ForeignFormat.error(prefix: prefix, file: file)
      {
        throw better
      }
      throw error
    }
  }

  /// Reads and checks a header's JSON text, padding included.
  static func parse(
    json: [UInt8], fileSize: Int, file: String, sharing names: Set<UTF8Name> = []
  ) throws(SafetensorsError) -> SafetensorsHeader {
    var parser = try HeaderParser(json, file: file, sharing: names)
    try parser.parse()
    try checkPadding(json, file: file)
    try DataLayout.check(parser.tensors, headerLength: json.count, fileSize: fileSize, file: file)
    return SafetensorsHeader(
      headerLength: json.count, fileSize: fileSize,
      metadata: parser.metadata.sorted { UTF8Name($0.key) < UTF8Name($1.key) },
      tensors: sortedByName(parser.tensors))
  }

  /// JSON allows more white space than the format does. Called with a text that is valid JSON.
  private static func checkPadding(_ json: [UInt8], file: String) throws(SafetensorsError) {
    if json.first != UInt8(ascii: "{") {
      throw .headerPadding(file: file, expected: "`{` as the header's first byte", found: "white space")
    }
    if let last = json.last(where: { $0 != 0x20 }), last != UInt8(ascii: "}") {
      throw .headerPadding(
        file: file, expected: "only spaces behind the object", found: "byte 0x0\(String(last, radix: 16))")
    }
  }

  /// Most files are sorted already; looking is cheaper than sorting.
  private static func sortedByName(_ tensors: [TensorEntry]) -> [TensorEntry] {
    let sorted = zip(tensors, tensors.dropFirst()).allSatisfy { UTF8Name($0.name) < UTF8Name($1.name) }
    return sorted ? tensors : tensors.sorted { UTF8Name($0.name) < UTF8Name($1.name) }
  }
}
