/// A program and a range of its releases, as a manifest or the table of readers spells it: `mlx-lm>=0.30,<0.33`.
struct ReaderRange {
  /// An end of the range.
  private struct Bound {
    let version: [Int]
    let isInside: Bool
  }

  let program: String
  private var low: Bound?
  private var high: Bound?

  /// - Returns: nil for what is no such range.
  init?(_ text: String) {
    let name = text.prefix { !"<>=".contains($0) }
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && !$0.isWhitespace }) else { return nil }
    program = String(name)
    let rest = text.dropFirst(name.count)
    guard !rest.isEmpty else { return }
    for part in rest.split(separator: ",", omittingEmptySubsequences: false) {
      guard let sign = [">=", "<=", "==", "<", ">"].first(where: { part.hasPrefix($0) }),
        let version = ReaderRange.version(part.dropFirst(sign.count))
      else { return nil }
      let bound = Bound(version: version, isInside: sign.hasSuffix("="))
      if sign.hasPrefix(">") || sign == "==" { low = bound }
      if sign.hasPrefix("<") || sign == "==" { high = bound }
    }
  }

  /// Whether some release is in both.
  func overlaps(_ other: ReaderRange) -> Bool {
    program == other.program && ReaderRange.isOrdered(low, other.high) && ReaderRange.isOrdered(other.low, high)
      && ReaderRange.isOrdered(low, high)
  }

  /// Whether a release is above the one end and below the other; an end that is not there hinders none.
  private static func isOrdered(_ low: Bound?, _ high: Bound?) -> Bool {
    guard let low, let high else { return true }
    for place in 0..<max(low.version.count, high.version.count) {
      let (a, b) = (
        place < low.version.count ? low.version[place] : 0, place < high.version.count ? high.version[place] : 0
      )
      if a != b { return a < b }
    }
    return low.isInside && high.isInside
  }

  /// `0.31.3`, or a day.
  private static func version(_ text: Substring) -> [Int]? {
    let parts = text.split(whereSeparator: { $0 == "." || $0 == "-" }).map { Int($0) }
    let numbers = parts.compactMap { $0 }
    return numbers.isEmpty || numbers.count != parts.count ? nil : numbers
  }
}

extension Reader {
  /// The readers that a manifest means: the one of that name, else all whose releases are in the range that it names.
  package static func meant(by text: String) -> [Reader] {
    if let reader = named(text) { return [reader] }
    guard let range = ReaderRange(text) else { return [] }
    return all.filter { ReaderRange($0.name)?.overlaps(range) ?? false }
  }
}
