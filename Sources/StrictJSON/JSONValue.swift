/// A JSON value that keeps what a rewrite must keep: order of members and spelling of numbers.
///
/// Two values are equal when their contents are: strings by bytes, numbers by spelling, members in order. Positions do
/// not count.
public struct JSONValue: Sendable, Equatable {
  /// One member of an object.
  public struct Member: Sendable, Equatable {
    /// The name, unescaped.
    public var key: String
    /// The value.
    public var value: JSONValue
    /// Where the key begins; nil for a member that was built and not read.
    public var position: JSONPosition?

    /// - Parameters:
    ///   - key: The name, unescaped.
    ///   - value: The value.
    ///   - position: Where the key is; nil for what was not read.
    public init(key: String, value: JSONValue, position: JSONPosition? = nil) {
      self.key = key
      self.value = value
      self.position = position
    }

    public static func == (a: Member, b: Member) -> Bool { UTF8Name(a.key) == UTF8Name(b.key) && a.value == b.value }
  }

  /// The six kinds of values.
  public enum Content: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number as it is spelled. ``JSONWriter`` writes the spelling as it is.
    case number(String)
    /// A string, unescaped.
    case string(String)
    /// The elements in their order.
    case array([JSONValue])
    /// Members in the order of the text, no key twice.
    case object([Member])

    public static func == (a: Content, b: Content) -> Bool {
      switch (a, b) {
      case (.null, .null): true
      case (.bool(let x), .bool(let y)): x == y
      case (.number(let x), .number(let y)), (.string(let x), .string(let y)): UTF8Name(x) == UTF8Name(y)
      case (.array(let x), .array(let y)): x == y
      case (.object(let x), .object(let y)): x == y
      default: false
      }
    }
  }

  /// What the value is.
  public var content: Content
  /// Where the value begins; nil for a value that was built and not read.
  public var position: JSONPosition?

  /// - Parameters:
  ///   - content: What the value is.
  ///   - position: Where it begins; nil for what was not read.
  public init(_ content: Content, position: JSONPosition? = nil) {
    self.content = content
    self.position = position
  }

  public static func == (a: JSONValue, b: JSONValue) -> Bool { a.content == b.content }
}
