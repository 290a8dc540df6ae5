import Checkpoint
import Diagnostics
import Manifests

extension Planner {
  /// The rules in the order in which they decide, those of the manifest first. A pattern that names tensors as the source
  /// does is read as what they are called in the package.
  var rules: [Rule] {
    let renamed = renamedRules
    return resolution.manifest.rules.enumerated().map { renamed[$0.offset]?.rule ?? $0.element }
      + resolution.pipeline.rules
  }

  /// Rules of the manifest, by their places there, whose patterns match no tensor of the package and, with the prefix of the
  /// source changed to the package's, some: in one way, or it is left as it is.
  var renamedRules: [Int: (rule: Rule, words: String)] {
    // Neither list is copied: there may be a hundred thousand tensors.
    func matchesSome(_ glob: Glob) -> Bool {
      resolution.trunk.tensors.contains { glob.matches($0.name) }
        || resolution.head?.tensors.contains { glob.matches($0.name) } == true
    }
    var renamed: [Int: (rule: Rule, words: String)] = [:]
    for (number, rule) in resolution.manifest.rules.enumerated() {
      guard case .match(let glob) = rule.selector, !matchesSome(glob) else { continue }
      let patterns = resolution.source.packagePatterns(of: glob.pattern).filter { matchesSome(Glob($0)) }
      guard patterns.count == 1, let pattern = patterns.first else { continue }
      renamed[number] = (rule.matching(Glob(pattern)), pattern)
    }
    return renamed
  }

  /// The error of a rule that matches no tensor, with what the pattern may have meant.
  static func unused(_ rule: Rule, _ names: [String]) -> ManifestError {
    guard case .match(let glob) = rule.selector else {
      return .ruleUnused(place: rule.place, rule: rule.summary, nearest: nil)
    }
    let hint = hint(glob.pattern, names)
    return .ruleUnused(
      place: rule.place, rule: rule.summary, nearest: hint?.tensor ?? nearest(glob.pattern, names), hint: hint?.words)
  }

  /// What is to be said of a pattern that only lacks a star, or is a regular expression.
  private static func hint(_ pattern: String, _ names: [String]) -> (words: String, tensor: String?)? {
    let isExpression = pattern.hasPrefix("re:")
    let body = isExpression ? String(pattern.dropFirst(3)).replacing(".*", with: "*") : pattern
    // Every run of stars as what crosses dots.
    let stars = body.split(separator: "*", omittingEmptySubsequences: false)
    var crossing = stars.joined(separator: "**")
    while crossing.contains("****") { crossing = crossing.replacing("****", with: "**") }
    let glob = Glob(crossing)
    let tensor = crossing == "**" ? nil : names.first { glob.matches($0) }
    let rule = isExpression ? "a pattern is no regular expression, and * stops at dots" : "* stops at dots"
    if let tensor { return ("\(rule): \"\(crossing)\" matches", tensor) }
    return isExpression ? (rule, nil) : nil
  }

  /// The tensor whose name is nearest to the pattern: by the pattern's longest text between dots and stars.
  private static func nearest(_ pattern: String, _ names: [String]) -> String? {
    let parts = pattern.split(whereSeparator: { $0 == "." || $0 == "*" }).filter { $0 != "weight" }.map(String.init)
    guard let wanted = parts.max(by: { $0.utf8.count < $1.utf8.count }) else { return nil }
    let known = Set(names.flatMap { $0.split(separator: ".").map(String.init) })
    guard let part = nearestName(to: wanted, among: Array(known)) else { return nil }
    return names.first { $0.split(separator: ".").contains { $0 == part } }
  }
}
