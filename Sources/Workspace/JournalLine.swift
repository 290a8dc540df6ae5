import Digests
import StrictJSON

/// One line of a journal: a canonical JSON object whose last field, `crc`, is the start of the digest of the object
/// without it.
enum JournalLine {
  private static let opening = Array("\"crc\":\"".utf8)
  private static let closing = Array("\"}".utf8)
  private static let digits = 16
  private static let comma = UInt8(ascii: ",")
  private static let brace = UInt8(ascii: "}")
  private static let newline = UInt8(ascii: "\n")

  static func encode(_ record: JSONValue) -> [UInt8] {
    var bytes = JSONWriter.canonical(record)
    let check = check(bytes)
    bytes.removeLast()
    if bytes.count > 1 { bytes.append(comma) }
    return bytes + opening + check + closing + [newline]
  }

  /// The records of all good lines up to the first bad one, and where they end.
  static func validPrefix(of content: [UInt8], file: String) -> (records: [JSONValue], bytes: Int) {
    var records: [JSONValue] = []
    var start = 0
    while let end = content[start...].firstIndex(of: newline) {
      guard let record = decode(content[start..<end], file: file) else { break }
      records.append(record)
      start = end + 1
    }
    return (records, start)
  }

  private static func decode(_ line: ArraySlice<UInt8>, file: String) -> JSONValue? {
    let tail = opening.count + digits + closing.count
    guard line.count > tail else { return nil }
    let body = line.dropLast(tail)
    let end = line.suffix(tail)
    guard end.starts(with: opening), end.suffix(closing.count).elementsEqual(closing) else { return nil }
    // The comma belongs to the check field unless the object is empty.
    let object = (body.last == comma ? Array(body.dropLast()) : Array(body)) + [brace]
    guard end.dropFirst(opening.count).prefix(digits).elementsEqual(check(object)) else { return nil }
    return try? JSONValue.parse(object, file: file)
  }

  private static func check(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    Array(SHA256Digest.of(bytes).hex.utf8)[..<digits]
  }
}
