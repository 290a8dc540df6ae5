import Files

/// `SHA256SUMS` of a package: a digest and a name a line, in the order of the names' bytes, each name once. One text for
/// one list, so that a change of the text is a change of the list.
public struct ChecksumList: Sendable, Equatable {
  /// A line of the list.
  public struct Entry: Sendable, Equatable {
    /// Relative to the list's folder.
    public let name: String
    /// The digest of the file's content.
    public let sha256: SHA256Digest
  }

  /// What a text has that no list has.
  public struct Malformed: Error, Equatable {
    /// The line's number, from 1.
    public let line: Int
    /// What the line should have been.
    public let expected: String
    /// What it is.
    public let found: String
  }

  /// Entries in the order of their names' bytes.
  public let entries: [Entry]

  /// Lists files, in any order.
  /// - Returns: nil when a name is there twice or cannot be in a list; see ``canList(_:)``.
  public init?(_ files: some Sequence<(name: String, sha256: SHA256Digest)>) {
    let sorted = files.map { Entry(name: $0.name, sha256: $0.sha256) }.sorted {
      ChecksumList.precedes($0.name, $1.name)
    }
    let isOrdered = zip(sorted, sorted.dropFirst()).allSatisfy { ChecksumList.precedes($0.name, $1.name) }
    guard isOrdered, sorted.allSatisfy({ ChecksumList.canList($0.name) }) else { return nil }
    entries = sorted
  }

  /// Reads a list. What is read, written anew, is the same bytes.
  /// - Throws: ``Malformed`` with the first line that ``bytes`` would not have written.
  public init(reading bytes: [UInt8]) throws(Malformed) {
    guard bytes.last == UInt8(ascii: "\n") || bytes.isEmpty else {
      let lines = bytes.count { $0 == UInt8(ascii: "\n") }
      throw Malformed(line: lines + 1, expected: "a line end", found: "the end of the file")
    }
    var entries: [Entry] = []
    for line in bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    where !bytes.isEmpty {
      let number = entries.count + 1
      guard let entry = ChecksumList.entry(line) else {
        throw Malformed(
          line: number, expected: "64 hexadecimal digits, two spaces and a name",
          found: String(decoding: line.prefix(120), as: UTF8.self))
      }
      if let last = entries.last, !ChecksumList.precedes(last.name, entry.name) {
        throw Malformed(line: number, expected: "a name behind \(last.name)", found: entry.name)
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The text.
  public var bytes: [UInt8] { entries.flatMap { Array("\($0.sha256.hex)  \($0.name)\n".utf8) } }

  /// The digest of a name; nil when it is not listed. Names are compared by their bytes.
  public subscript(name: String) -> SHA256Digest? {
    var range = entries.indices
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if ChecksumList.precedes(entries[middle].name, name) {
        range = middle + 1..<range.upperBound
      } else {
        range = range.lowerBound..<middle
      }
    }
    guard range.lowerBound < entries.count, entries[range.lowerBound].name.utf8.elementsEqual(name.utf8) else {
      return nil
    }
    return entries[range.lowerBound].sha256
  }

  /// Whether a name can be in a list: a path beneath the folder, without control characters, which could end a line.
  public static func canList(_ name: String) -> Bool {
    isSafeRelativePath(name) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  private static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
    guard line.count > 66, let digits = String(validating: line.prefix(64), as: UTF8.self),
      let sha256 = SHA256Digest(hex: digits), sha256.hex.utf8.elementsEqual(digits.utf8),
      line.dropFirst(64).prefix(2).elementsEqual("  ".utf8),
      let name = String(validating: line.dropFirst(66), as: UTF8.self), canList(name)
    else { return nil }
    return Entry(name: name, sha256: sha256)
  }

  private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
