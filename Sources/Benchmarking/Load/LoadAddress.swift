/// Where a server is: `http://HOST:PORT`, with what its paths begin with.
package struct LoadAddress: Sendable, Equatable {
  /// The address as the caller wrote it.
  package let text: String
  /// The host, without the brackets of an IPv6 address.
  package let host: String
  /// The port.
  package let port: UInt16
  /// What paths begin with; empty, or with a slash first and none last.
  package let base: String

  /// - Throws: ``LoadError/address(text:)`` for what is no such address; `https` is none, as what is measured is a server and not
  ///   a line.
  package init(_ text: String) throws(LoadError) {
    self.text = text
    guard text.lowercased().hasPrefix("http://") else { throw .address(text: text) }
    let rest = text.dropFirst("http://".count)
    let authority = rest.prefix { $0 != "/" }
    var base = String(rest[authority.endIndex...])
    while base.hasSuffix("/") { base.removeLast() }
    // Clients take addresses with the version, which is part of the paths here.
    if base.hasSuffix("/v1") { base.removeLast(3) }
    self.base = base
    let name: Substring
    let number: Substring?
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      name = authority[authority.index(after: authority.startIndex)..<end]
      let behind = authority[authority.index(after: end)...]
      guard behind.isEmpty || behind.hasPrefix(":") else { throw .address(text: text) }
      number = behind.isEmpty ? nil : behind.dropFirst()
    } else {
      let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, let first = parts.first else { throw .address(text: text) }
      name = first
      number = parts.count == 2 ? parts.last : nil
    }
    let isPlain = base.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), isPlain,
      let port = number == nil ? 80 : number.flatMap({ UInt16($0) }), port > 0
    else { throw .address(text: text) }
    host = String(name)
    self.port = port
  }

  /// What `Host` says.
  var hostField: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
