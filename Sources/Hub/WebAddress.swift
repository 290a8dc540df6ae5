/// An address of the web that is taken apart here and put together again, so that libcurl cannot read another host out of
/// it than we did.
package struct WebAddress: Sendable, Equatable {
  /// Scheme, host and port: what a secret may be sent to is told by these three.
  package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package let scheme: String
    /// The host in small letters; an address of version 6 without its brackets.
    package let host: String
    package let port: Int

    /// `https://host`, with the port where it is not the scheme's own.
    package init(scheme: String, host: String, port: Int) {
      self.scheme = scheme
      self.host = host
      self.port = port
    }

    package var description: String {
      let name = host.contains(":") ? "[\(host)]" : host
      return "\(scheme)://\(name)" + (port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)")
    }
  }

  package let origin: Origin
  /// The path from the first slash on.
  package let path: String
  /// The text after the question mark; nil without one.
  package let query: String?

  package init(origin: Origin, path: String, query: String? = nil) {
    self.origin = origin
    self.path = path
    self.query = query
  }

  /// The whole address, for libcurl alone.
  package var text: String { place + (query.map { "?" + $0 } ?? "") }

  /// The address without its query, for messages: the query of a signed address is a secret.
  package var place: String { origin.description + path }

  /// Reads an address that begins with `https://` or `http://`; nil for what is not written as plainly as the hub writes
  /// it: a user's name, a host with other signs than letters, digits, `-`, `.` and `_`, anything but printable ASCII.
  package init?(_ text: String) {
    guard let scheme = ["https", "http"].first(where: { text.lowercased().hasPrefix($0 + "://") }),
      text.utf8.count <= 16 << 10,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !WebAddress.unsafe.contains($0) })
    else { return nil }
    let rest = text.dropFirst(scheme.count + 3)
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    guard let (host, port) = WebAddress.authority(rest[..<end]) else { return nil }
    origin = Origin(scheme: scheme, host: host, port: port ?? (scheme == "https" ? 443 : 80))
    let behind = rest[end...].prefix { $0 != "#" }
    let parts = behind.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts.first.map(String.init) ?? ""
    self.path = path.isEmpty ? "/" : path
    query = parts.count == 2 ? String(parts[1]) : nil
  }

  /// Where a `Location` leads from here.
  package func following(_ location: String) -> WebAddress? {
    if location.contains("://"), !location.hasPrefix("/") { return WebAddress(location) }
    if location.hasPrefix("//") { return WebAddress("\(origin.scheme):\(location)") }
    guard !location.isEmpty else { return nil }
    if location.hasPrefix("/") { return WebAddress(origin.description + location) }
    let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
    return WebAddress(origin.description + folder + location)
  }

  /// Signs that programs read differently.
  private static let unsafe = Set("\"<>\\^`{|}".utf8)

  private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
    var host = text.lowercased()[...]
    var port: Int?
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
      let digits = host[host.index(after: colon)...]
      guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits),
        (1...65535).contains(number)
      else { return nil }
      port = number
      host = host[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard !host.isEmpty, host.utf8.allSatisfy({ (48...58).contains($0) || (97...102).contains($0) || $0 == 46 })
      else {
        return nil
      }
      return (String(host), port)
    }
    guard !host.isEmpty, host.utf8.count <= 253,
      host.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0) })
    else { return nil }
    return (String(host), port)
  }

  /// A text as a part of a path: all but letters, digits, `-`, `.`, `_` and `~` as `%XX`; a slash stays where it is asked to.
  static func escaped(_ text: String, keepingSlashes: Bool = false) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._~".utf8.contains(byte)
      if isPlain || keepingSlashes && byte == UInt8(ascii: "/") {
        out.append(byte)
      } else {
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
