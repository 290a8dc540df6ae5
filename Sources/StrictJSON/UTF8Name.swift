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
    a.string.utf8.count == b.string.utf8.count
      && (withBytes(a, b) { $0.elementsEqual($1) } ?? a.string.utf8.elementsEqual(b.string.utf8))
  }

  /// Byte order, a prefix first.
  public static func < (a: UTF8Name, b: UTF8Name) -> Bool {
    let order = withBytes(a, b) { one, other in
      let common = min(one.count, other.count)
      guard let first = (0..<common).first(where: { one[$0] != other[$0] }) else { return one.count < other.count }
      return one[first] < other[first]
    }
    return order ?? a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
  }

  /// The bytes of both where they are in memory, which is everywhere but in strings of Objective-C: views of strings, element
  /// by element, take most of the time of a table with hundreds of thousands of names.
  @inline(__always)
  private static func withBytes(
    _ a: UTF8Name, _ b: UTF8Name, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool? {
    a.string.utf8.withContiguousStorageIfAvailable { one in
      b.string.utf8.withContiguousStorageIfAvailable { other in body(one, other) }
    }.flatMap { $0 }
  }

  public func hash(into hasher: inout Hasher) {
    var copy = string
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // UTF-8 holds no 0xFF: the end of one name cannot be mistaken for the start of the next one.
    hasher.combine(0xFF as UInt8)
  }
}
