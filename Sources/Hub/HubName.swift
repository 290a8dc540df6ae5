/// A model of the hub as a person names it: `hub:org/name`, followed by `@revision` for another one than `main`.
public struct HubName: Sendable, Equatable, CustomStringConvertible {
  /// `organisation/name`, or the one name of a repository from the hub's first days.
  public let repository: String
  /// A branch, a tag, `refs/pr/1` or a commit.
  public let revision: String
  /// Whether the revision was named.
  public let isPinned: Bool

  /// Whether a text is meant to name a model of the hub.
  public static func isMeant(_ text: String) -> Bool { text.hasPrefix("hub:") }

  /// - Throws: ``HubError/name(text:found:)``.
  public init(_ text: String) throws(HubError) {
    func refused(_ found: String) -> HubError { .name(text: text, found: found) }
    guard HubName.isMeant(text) else { throw refused("it does not begin with hub:") }
    let rest = text.dropFirst("hub:".count)
    let parts = rest.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    if names.count == 3, ["datasets", "spaces", "models"].contains(names[0]) {
      throw refused("\(names[0]) have no place here: name a model as organisation/name")
    }
    guard (1...2).contains(names.count) else { throw refused("it has \(names.count) parts") }
    for name in names where !HubName.isPlain(name) { throw refused("\"\(name)\" is no name of the hub's") }
    repository = String(parts[0])
    isPinned = parts.count == 2
    revision = isPinned ? String(parts[1]) : "main"
    guard HubName.isRevision(revision) else { throw refused("\"\(revision)\" is no revision") }
  }

  /// `hub:org/name@revision`.
  public var description: String { "hub:\(repository)@\(revision)" }

  /// The commit, when the revision is one.
  public var commit: String? { HubName.isCommit(revision) ? revision : nil }

  /// Whether a text is a commit: 40 hexadecimal digits in small letters.
  static func isCommit(_ text: String) -> Bool { text.utf8.count == 40 && text.isHexadecimal }

  /// The hub's own rule: letters, digits, `-`, `_` and `.`, none of the latter three at the ends or in a row.
  private static func isPlain(_ name: Substring) -> Bool {
    guard let first = name.utf8.first, let last = name.utf8.last, name.utf8.count <= 96 else { return false }
    let marks = "-_.".utf8
    return name.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) } && first != UInt8(ascii: "-")
      && first != UInt8(ascii: ".") && last != UInt8(ascii: "-") && last != UInt8(ascii: ".") && !name.contains("--")
      && !name.contains("..") && !name.hasSuffix(".git")
  }

  /// What git takes for a branch or tag, less what has a meaning in an address or in a path.
  private static func isRevision(_ text: String) -> Bool {
    let marks = "-_./+=".utf8
    return !text.isEmpty && text.utf8.count <= 200 && text.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
      && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
      } && !text.contains("..") && !text.hasSuffix(".")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
}

extension StringProtocol {
  /// Whether all of it is hexadecimal digits in small letters.
  var isHexadecimal: Bool { utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } }
}
