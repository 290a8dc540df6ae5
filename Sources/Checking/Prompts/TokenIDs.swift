import Files
import StrictJSON
import SystemPackage

/// Token ids as people write them.
public enum TokenIDs {
  /// Reads ids: `1, 2, 3`, `1 2 3` or `[1, 2, 3]` themselves, or the path of a file that holds such text or a JSON list.
  /// - Throws: `FileError`, `JSONError`, ``CheckingError/ids(file:found:)``.
  public static func read(_ argument: String) throws -> [Int] {
    let separators: Set<UInt8> = [0x20, 0x2C, 0x0A]
    if !argument.isEmpty, argument.utf8.allSatisfy({ (0x30...0x39).contains($0) || separators.contains($0) }) {
      return try words(Array(argument.utf8), file: nil)
    }
    if argument.utf8.first == UInt8(ascii: "[") {
      let value = try JSONValue.parse(Array(argument.utf8), file: "the ids given")
      return try read(value.arrayValue ?? [], file: "the ids given")
    }
    let bytes = try ReadOnlyFile(path: FilePath(typed: argument)).readAll(limit: PromptFile.limit)
    guard bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "[") else {
      return try words(bytes, file: argument)
    }
    let value = try JSONValue.parse(bytes, file: argument)
    return try read(value.arrayValue ?? [], file: argument)
  }

  static func read(_ values: [JSONValue], file: String) throws(CheckingError) -> [Int] {
    var ids: [Int] = []
    for value in values {
      guard let id = value.intValue, id >= 0 else { throw .ids(file: file, found: value.typeName) }
      ids.append(id)
    }
    return ids
  }

  private static func words(_ bytes: [UInt8], file: String?) throws(CheckingError) -> [Int] {
    var ids: [Int] = []
    let parts = bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    for part in parts {
      let words = part.split(whereSeparator: { [0x20, 0x09, 0x0A, 0x0D].contains($0) })
      // An id that was lost on the way.
      guard !words.isEmpty || parts.count == 1 else { throw .ids(file: file, found: "a comma without an id beside it") }
      for word in words {
        let text = String(decoding: word.prefix(40), as: UTF8.self)
        guard let id = Int(text), id >= 0 else { throw .ids(file: file, found: text) }
        ids.append(id)
      }
    }
    return ids
  }
}
