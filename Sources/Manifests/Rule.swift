import Checkpoint
import StrictJSON

/// Which tensors, and what is done with them. Of several rules the first that matches decides.
public struct Rule: Sendable {
  public enum Selector: Sendable, Equatable {
    case role(TensorRole)
    /// On the canonical name, which is the name in the package.
    case match(Glob)
  }

  public let selector: Selector
  public let treatment: Treatment
  /// Why, in the words of whoever wrote the rule.
  public let why: String?
  /// `manifest rule 1`, `pipeline mxfp4 rule 3`: how reports name it.
  public let name: String
  /// Whether it is an error when the rule matches nothing.
  public let mustMatch: Bool
  /// `file:line:column`.
  public let place: String

  /// The rule in a few words.
  public var summary: String {
    switch selector {
    case .role(let role): "\(name) (role \(role.rawValue))"
    case .match(let glob): "\(name) (match \(glob.pattern))"
    }
  }

  public func matches(name: String, role: TensorRole) -> Bool {
    switch selector {
    case .role(let wanted): wanted == role
    case .match(let glob): glob.matches(name)
    }
  }
}
