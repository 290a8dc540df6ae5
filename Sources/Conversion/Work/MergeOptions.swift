import Digests

/// How finished work items become a package; nothing here changes a byte of it.
public struct MergeOptions: Sendable {
  /// Whether the sizes of weight files are enough, which are read otherwise.
  public var trustsReceipts = false
  /// Whether items of several builds of the program are put together.
  public var allowsMixedTools = false
  /// How long what is missing is waited for, milliseconds: a network file system may show a file late.
  public var settleMilliseconds = 0
  /// SHA-256 of the program that merges.
  public var build: SHA256Digest?

  /// Time between two looks, milliseconds.
  static let pause = 1000

  /// The defaults.
  public init() {}
}
