import Checkpoint
import StrictJSON

/// Which tensors, and what is done with them. Among several rules the first that matches decides.
public struct Rule: Sendable {
  /// Which tensors a rule is for.
  public enum Selector: Sendable, Equatable {
    /// Tensors of a role.
    case role(TensorRole)
    /// Tensors whose canonical name, which is the name in the package, matches.
    case match(Glob)
  }

  /// Which tensors it is for.
  public let selector: Selector
  /// What is done with them.
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

  /// The rule with another pattern.
  package func matching(_ glob: Glob) -> Rule {
    Rule(
      selector: .match(glob), treatment: treatment, why: why, name: name, mustMatch: mustMatch, place: place)
  }

  /// Whether the rule is for a tensor of this canonical name and role.
  public func matches(name: String, role: TensorRole) -> Bool {
    switch selector {
    case .role(let wanted): wanted == role
    case .match(let glob): glob.matches(name)
    }
  }
}
