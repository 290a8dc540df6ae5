import Files
import StrictJSON
import SystemPackage

/// A document of the work folder that an earlier stage wrote, read back as strictly as it was written.
package enum WorkDocument {
  /// Reads a document. Whatever is wrong with its text or with a field is a damaged file; nothing is left out.
  /// - Parameters:
  ///   - path: The document.
  ///   - read: The fields of the whole, each of which it names and no other.
  /// - Throws: `FileError`; `ConversionError.workFile(file:expected:found:)`, which names the field; what `read` throws.
  package static func read<Content>(_ path: FilePath, _ read: (JSONFields) throws -> Content) throws -> Content {
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 1 << 30)
    do {
      let json = try JSONValue.parse(bytes, file: path.string)
      return try read(JSONFields(json, file: path.string, what: "the document"))
    } catch let error as JSONError {
      let words = error.words
      throw ConversionError.workFile(file: error.place.description, expected: words.expected, found: words.found)
    }
  }
}

extension JSONFields {
  /// 64-bit words in hexadecimal, as `String(word, radix: 16)` spells them.
  package func words(_ key: String) throws(JSONError) -> [UInt64] {
    try texts(key, as: "64 bits in hexadecimal digits") { text in
      UInt64(text, radix: 16).flatMap { String($0, radix: 16) == text ? $0 : nil }
    }
  }
}
