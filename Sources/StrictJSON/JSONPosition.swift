/// A place in a JSON text.
public struct JSONPosition: Sendable, Hashable {
  /// Line, counted from 1; lines end with `\n`.
  public let line: Int
  /// Column in bytes, counted from 1.
  public let column: Int
  /// Bytes before this place.
  public let offset: Int

  /// - Parameters:
  ///   - line: The line, from 1.
  ///   - column: The column, from 1.
  ///   - offset: Bytes from the beginning of the text.
  public init(line: Int, column: Int, offset: Int) {
    self.line = line
    self.column = column
    self.offset = offset
  }

  /// The place of `offset`, found by counting line ends; only for errors met before reading began.
  init(offset: Int, in bytes: [UInt8]) {
    var line = 1
    var start = 0
    for (index, byte) in bytes.prefix(offset).enumerated() where byte == 0x0A {
      line += 1
      start = index + 1
    }
    self.init(line: line, column: offset - start + 1, offset: offset)
  }
}

/// A file, and the position in it when it is known.
public struct JSONPlace: Sendable, Hashable, CustomStringConvertible {
  /// The path, as it was given to the reader.
  public let file: String
  /// The position; nil for values that were built and not read.
  public let position: JSONPosition?

  /// - Parameters:
  ///   - file: What messages call the file.
  ///   - position: The position; nil for what concerns the file as a whole.
  public init(file: String, position: JSONPosition?) {
    self.file = file
    self.position = position
  }

  /// `path:line:column`, or only the path.
  public var description: String {
    guard let position else { return file }
    return "\(file):\(position.line):\(position.column)"
  }
}
