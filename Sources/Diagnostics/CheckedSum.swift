/// A sum of sizes from files. Beyond what an `Int` holds it is no number any more, and never one again.
public struct CheckedSum: Sendable, Equatable, CustomStringConvertible {
  /// Nil once the sum was too large, or a size below zero.
  public private(set) var value: Int? = 0

  /// 0.
  public init() {}

  /// The sum of some sizes.
  public init(_ sizes: some Sequence<Int>) {
    for size in sizes { add(size) }
  }

  /// Adds a size.
  public mutating func add(_ size: Int) {
    guard let sum = value?.addingReportingOverflow(size), !sum.overflow, size >= 0 else {
      value = nil
      return
    }
    value = sum.partialValue
  }

  /// The number; words where there is none.
  public var description: String { value.map(String.init) ?? "more than can be counted" }

  /// The sum of sizes that may be those of a hostile file, for what only compares it with a limit: the largest `Int`
  /// represents all that is beyond.
  public static func clamped(_ sizes: some Sequence<Int>) -> Int { CheckedSum(sizes).value ?? Int.max }
}
