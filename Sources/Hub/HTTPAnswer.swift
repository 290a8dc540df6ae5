/// The head of an answer: status and headers, and who sent it.
package struct HTTPAnswer: Sendable {
  let status: Int
  let address: WebAddress
  /// Names in small letters. For a name that appears twice the last value counts, but for `link`, whose values are joined.
  private let fields: [String: String]

  /// A head, of which `lines` are all but the first.
  package init(status: Int, address: WebAddress, lines: [String]) {
    self.status = status
    self.address = address
    var fields: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].lowercased().trimmingSpaces
      let value = String(line[line.index(after: colon)...]).trimmingSpaces
      if name == "link", let earlier = fields[name] {
        fields[name] = earlier + ", " + value
      } else {
        fields[name] = value
      }
    }
    self.fields = fields
  }

  /// A header by its name in small letters; nil when it is not there, or empty.
  subscript(name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// A header that is a number from 0 on.
  func number(_ name: String) -> Int? {
    guard let text = self[name], text.utf8.count <= 18, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int(text)
  }

  /// The digest that the hub names a file by: of what the answer leads to, else of the answer itself. Without a `W/` in
  /// front, and without quotes.
  package var etag: String? { (self["x-linked-etag"] ?? self["etag"]).map(HTTPAnswer.plainTag) }

  /// The size of the file that the hub tells: of what the answer leads to, else of an answer that leads nowhere.
  var linkedSize: Int? { number("x-linked-size") }

  static func plainTag(_ text: String) -> String {
    var tag = text.hasPrefix("W/") ? text.dropFirst(2) : text[...]
    if tag.utf8.count >= 2, tag.hasPrefix("\""), tag.hasSuffix("\"") { tag = tag.dropFirst().dropLast() }
    return String(tag)
  }

  /// Whether the answer leads elsewhere.
  var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) && self["location"] != nil }

  /// The part of the file that the body is, and the size of the file: `bytes 0-9/100`.
  package var contentRange: (range: Range<Int>, total: Int)? {
    guard let text = self["content-range"], text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = HTTPAnswer.natural(ends[0]), let last = HTTPAnswer.natural(ends[1]),
      let total = HTTPAnswer.natural(parts[1]), first <= last, last < total
    else { return nil }
    return (first..<last + 1, total)
  }

  private static func natural(_ text: Substring) -> Int? {
    text.utf8.count <= 18 && text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
  }

  /// Where the next page of a listing is: the target of `rel="next"`.
  var nextPage: String? {
    for part in (self["link"] ?? "").split(separator: ",") where part.contains("rel=\"next\"") {
      guard let open = part.firstIndex(of: "<"), let close = part[open...].firstIndex(of: ">") else { continue }
      return String(part[part.index(after: open)..<close])
    }
    return nil
  }

  /// Seconds to wait before the hub is asked again, if it says: `RateLimit: "api";r=0;t=55`, else `Retry-After: 55`.
  package var secondsToWait: Int? {
    var remaining: Int?
    var seconds: Int?
    for part in (self["ratelimit"] ?? "").split(separator: ";") {
      let text = String(part).trimmingSpaces
      if text.hasPrefix("r=") { remaining = HTTPAnswer.natural(text.dropFirst(2)) }
      if text.hasPrefix("t=") { seconds = HTTPAnswer.natural(text.dropFirst(2)) }
    }
    if remaining == 0, let seconds { return seconds }
    return number("retry-after")
  }
}
