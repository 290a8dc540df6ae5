import Foundation

/// The targets of `Package.swift`, read from its text: the package manager itself cannot be asked while it runs the
/// tests, since it holds the lock of the build.
struct PackageDescription {
  struct Target {
    enum Kind: String {
      case library = "target"
      case executable = "executableTarget"
      case test = "testTarget"
      case system = "systemLibrary"
    }

    let kind: Kind
    let name: String
    /// Where its sources are, below the root.
    let folder: String
    /// Targets and products of other packages.
    let dependencies: [String]

    /// Whether it is for tests alone: their targets, and what they share.
    var isOfTests: Bool { folder.hasPrefix("Tests/") }
  }

  let targets: [Target]

  init(manifest text: String) {
    // Comments go; literals stay, since they hold the names.
    let code = text.split(separator: "\n").map { line in
      line.range(of: "// ").map { String(line[..<$0.lowerBound]) } ?? String(line)
    }.joined(separator: "\n")
    targets = ["target", "executableTarget", "testTarget", "systemLibrary"].flatMap { word in
      PackageDescription.calls(of: "." + word + "(", in: code).compactMap { arguments -> Target? in
        guard let kind = Target.Kind(rawValue: word),
          let name = PackageDescription.literals(in: arguments.after("name:")).first
        else { return nil }
        let folder = PackageDescription.literals(in: arguments.after("path:")).first
        return Target(
          kind: kind, name: name, folder: folder ?? (kind == .test ? "Tests/" : "Sources/") + name,
          dependencies: PackageDescription.dependencies(arguments))
      }
    }
  }

  subscript(name: String) -> Target? { targets.first { $0.name == name } }

  /// What is between the parentheses of each call.
  private static func calls(of head: String, in text: String) -> [Substring] {
    var calls: [Substring] = []
    var rest = text[...]
    while let found = rest.range(of: head) {
      let arguments = text[found.upperBound...].balanced("(", ")")
      calls.append(arguments)
      rest = text[arguments.endIndex...]
    }
    return calls
  }

  private static func dependencies(_ arguments: Substring) -> [String] {
    guard let list = arguments.range(of: "dependencies: [") else { return [] }
    var items = String(arguments[list.upperBound...].balanced("[", "]"))
    // Of a product its name counts, not its package's.
    while let package = items.range(of: #",\s*package: "[^"]*""#, options: .regularExpression) {
      items.removeSubrange(package)
    }
    return literals(in: items[...])
  }

  private static func literals(in text: Substring) -> [String] {
    text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }
}

extension Substring {
  /// What follows the first occurrence of a text; empty without one.
  fileprivate func after(_ text: String) -> Substring { range(of: text).map { self[$0.upperBound...] } ?? "" }

  /// The text up to the bracket that closes the one before it.
  fileprivate func balanced(_ open: Character, _ close: Character) -> Substring {
    var depth = 1
    for index in indices {
      if self[index] == open { depth += 1 }
      if self[index] == close {
        depth -= 1
        if depth == 0 { return self[..<index] }
      }
    }
    return self
  }
}
