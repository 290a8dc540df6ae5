/// Bounds on a template and on what it does, so that a hostile one costs little and stops with a clear error.
public struct TemplateLimits: Sendable, Equatable {
  /// Greatest size of a template's source, in bytes.
  public var sourceBytes: Int
  /// Greatest size of a rendered chat, in bytes.
  public var outputBytes: Int
  /// Greatest amount of work of one rendering: 16 units for each step, 32 for each element of a list and 1 for each byte
  /// that is made or gone through. It bounds the memory too, since everything kept was made.
  public var work: Int
  /// Greatest nesting: of expressions and statements in the source, of calls while rendering, of values in values.
  public var depth: Int

  /// Creates limits, with defaults far above what chats need.
  public init(
    sourceBytes: Int = 1 << 20, outputBytes: Int = 16 << 20, work: Int = 1 << 27, depth: Int = 64
  ) {
    self.sourceBytes = sourceBytes
    self.outputBytes = outputBytes
    self.work = work
    self.depth = depth
  }
}
