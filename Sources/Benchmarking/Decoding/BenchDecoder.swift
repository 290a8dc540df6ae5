import Inference

/// A way of decoding that is measured.
public enum BenchDecoder: Sendable, Hashable {
  /// One token a pass.
  case vanilla
  /// So many drafts a round, checked by the target.
  case mtp(Int)
  /// As many drafts as pay, at most so many.
  case adaptive(Int)
  /// So many drafts a round, not checked.
  case optimistic(Int)

  /// Vanilla decoding, MTP at depths 1 to 4, adaptive depth up to 4, and unchecked drafts at depth 2.
  public static let standard: [BenchDecoder] = [
    .vanilla, .mtp(1), .mtp(2), .mtp(3), .mtp(4), .adaptive(4), .optimistic(2),
  ]

  /// `vanilla`, `mtp-K`, `adaptive` (4) or `adaptive-K`, `optimistic` (2) or `optimistic-K`, K from 1 to 8.
  public init?(name: String) {
    let words = name.split(separator: "-", omittingEmptySubsequences: false)
    let depth = words.count == 2 ? Int(words[1]) : nil
    guard words.count <= 2, words.count == 1 || depth.map((1...DecodingMethod.deepest).contains) == true else {
      return nil
    }
    switch (words.first, depth) {
    case ("vanilla", nil): self = .vanilla
    case ("mtp", let depth?): self = .mtp(depth)
    case ("adaptive", let depth): self = .adaptive(depth ?? 4)
    case ("optimistic", let depth): self = .optimistic(depth ?? 2)
    default: return nil
    }
  }

  /// As the command line and the reports spell it, such as `mtp-2`.
  public var name: String {
    switch self {
    case .vanilla: "vanilla"
    case .mtp(let depth): "mtp-\(depth)"
    case .adaptive(4): "adaptive"
    case .adaptive(let depth): "adaptive-\(depth)"
    case .optimistic(let depth): "optimistic-\(depth)"
    }
  }

  var method: DecodingMethod {
    switch self {
    case .vanilla: .vanilla
    case .mtp(let depth): .mtp(depth: depth)
    case .adaptive(let depth): .adaptive(maximum: depth)
    case .optimistic(let depth): .optimistic(depth: depth)
    }
  }

  var drafts: Bool { self != .vanilla }

  /// Whether its tokens must be those of vanilla decoding.
  public var isVerified: Bool {
    if case .optimistic = self { return false }
    return true
  }
}
