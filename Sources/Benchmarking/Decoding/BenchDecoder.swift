import Inference

/// A way of decoding that is measured.
public struct BenchDecoder: Sendable, Hashable {
  /// How it decodes.
  public let method: DecodingMethod

  /// - Parameter method: How it decodes.
  public init(_ method: DecodingMethod) { self.method = method }

  /// One token a pass.
  public static let vanilla = BenchDecoder(.vanilla)
  /// So many drafts a round, checked by the target.
  public static func mtp(_ depth: Int) -> BenchDecoder { BenchDecoder(.mtp(depth: depth)) }
  /// As many drafts as pay, at most so many.
  public static func adaptive(_ depth: Int) -> BenchDecoder { BenchDecoder(.adaptive(maximum: depth)) }
  /// So many drafts a round, not checked.
  public static func optimistic(_ depth: Int) -> BenchDecoder { BenchDecoder(.optimistic(depth: depth)) }

  /// Vanilla decoding, MTP at depths 1 to 4, adaptive depth up to 4, and unchecked drafts at depth 2.
  public static let standard: [BenchDecoder] = [
    .vanilla, .mtp(1), .mtp(2), .mtp(3), .mtp(4), .adaptive(4), .optimistic(2),
  ]

  /// A name as `DecodingMethod` spells it, such as `mtp-2`; nil for every other.
  public init?(name: String) {
    guard let method = DecodingMethod(name: name) else { return nil }
    self.method = method
  }

  /// The name as the command line and the reports spell it, such as `mtp-2`.
  public var name: String { method.name }

  var drafts: Bool { method.drafts }

  /// Whether its tokens must be those of vanilla decoding.
  public var isVerified: Bool {
    if case .optimistic = method { return false }
    return true
  }
}
