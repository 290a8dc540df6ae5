/// A place in the source of a template.
public struct TemplatePosition: Sendable, Hashable {
  /// Line, counted from 1.
  public let line: Int
  /// Column in bytes, counted from 1.
  public let column: Int
}
