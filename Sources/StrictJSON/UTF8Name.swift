/// A name compared and hashed by its UTF-8 bytes.
///
/// `String` compares by canonical equivalence, under which two names of different bytes can be equal
/// (`e` + U+0301 and U+00E9). Tensor names and JSON keys are bytes, so tables of them use this type.
public struct UTF8Name: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The name itself.
  public let string: String

  /// - Parameter string: The name, compared by its bytes.
  public init(_ string: String) {
    self.string = string
  }

  public var description: String { string }

  public static func == (a: UTF8Name, b: UTF8Name) -> Bool {
    a.string.utf8.count == b.string.utf8.count && a.string.utf8.elementsEqual(b.string.utf8)
  }

  /// Byte order, a prefix first.
  public static func < (a: UTF8Name, b: UTF8Name) -> Bool {
    a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    var copy = string
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // UTF-8 holds no 0xFF: the end of one name cannot be mistaken for the start of the next one.
    hasher.combine(0xFF as UInt8)
  }
}
