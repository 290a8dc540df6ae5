/// What a request says before its body, apart from any network.
package struct RequestHead: Sendable, Equatable {
  /// `GET`, `POST`, …
  package var method: String
  /// The path, and what follows its question mark.
  package var path: String
  package var query: String
  /// What `Host` said, all of it: there must be one.
  package var hosts: [String]
  private var fields: [String: [String]] = [:]

  /// - Parameters:
  ///   - method: The method as it was sent.
  ///   - target: Path and query, as they were sent.
  ///   - hosts: The values of `Host`.
  ///   - fields: The other header fields, in their order.
  package init(method: String, target: String, hosts: [String], fields: [(name: String, value: String)] = []) {
    self.method = method
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts.first ?? "")
    query = parts.count > 1 ? String(parts[1]) : ""
    self.hosts = hosts
    for (name, value) in fields { self.fields[name.lowercased(), default: []].append(value) }
  }

  /// All values of a field, by its name in small letters.
  package func values(_ name: String) -> [String] { fields[name] ?? [] }

  /// The value of a field that is there once; nil for none and for several.
  package func value(_ name: String) -> String? {
    let values = values(name)
    return values.count == 1 ? values.first : nil
  }

  /// Whether a body comes after the head.
  package var hasBody: Bool {
    !values("transfer-encoding").isEmpty || values("content-length").contains { $0 != "0" }
  }

  /// Whether the body comes only when the server asks for it.
  package var waitsWithBody: Bool { values("expect").contains { $0.lowercased() == "100-continue" } }

  /// A value of the query.
  package func query(_ name: String) -> String? {
    for part in query.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.first.map(String.init) == name { return pair.count > 1 ? String(pair[1]) : "" }
    }
    return nil
  }
}
