import Serving

/// The rules that every request passes before anything of it is read.
package struct Gate: Sendable {
  /// Names that the server may be called by, without a port.
  private let hosts: Set<String>
  /// Pages that may ask, as `https://example.org`.
  private let origins: Set<String>
  private let keys: KeyRing
  /// Bytes of the path with its query.
  private static let longestTarget = 8 << 10

  /// - Parameters:
  ///   - host: The address that the server listens at.
  ///   - allowed: Further names for it.
  ///   - origins: Pages of other origins that may ask.
  ///   - keys: Keys, one of which every request must bring; none for a server without keys.
  package init(host: String, allowed: [String], origins: [String], keys: KeyRing) {
    self.hosts = Set(["localhost", "127.0.0.1", "[::1]", Self.bracketed(host)] + allowed.map(Self.bracketed))
    self.origins = Set(origins)
    self.keys = keys
  }

  private static func bracketed(_ host: String) -> String {
    let host = host.lowercased()
    return host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
  }

  /// The reason to refuse a request; nil when there is none.
  package func refusal(of head: RequestHead, route: Route?) -> APIError? {
    guard head.path.utf8.count + head.query.utf8.count <= Self.longestTarget else {
      return APIError(.invalid, "the path has more than \(Self.longestTarget) bytes", code: "uri_too_long")
    }
    if let refusal = wrongFraming(head) ?? wrongHost(head) ?? wrongOrigin(head) { return refusal }
    if route?.isOpen != true, let refusal = wrongKey(head) { return refusal }
    guard let route else {
      return APIError(
        .notFound, "there is nothing at \(head.path.prefix(200)); answers are at /v1/chat/completions",
        code: "not_found")
    }
    guard head.method == route.method || head.method == "HEAD" && route.method == "GET" else {
      return APIError(.method, "\(head.path.prefix(200)) takes \(route.method)", code: "method_not_allowed")
    }
    return head.method == "POST" ? wrongBody(head) : nil
  }

  /// A body in a coding that is not undone here would be taken for what it is not, by this server or by one before it.
  private func wrongFraming(_ head: RequestHead) -> APIError? {
    let codings = head.values("transfer-encoding")
    guard codings.isEmpty || codings.count == 1 && codings[0].lowercased() == "chunked" else {
      return APIError(
        .invalid, "the only Transfer-Encoding that is taken is chunked, in HTTP/1.1",
        code: "unsupported_transfer_encoding")
    }
    return nil
  }

  /// A page in a browser may know this server by a different name; such a request is for another server.
  private func wrongHost(_ head: RequestHead) -> APIError? {
    guard head.hosts.count == 1, let host = head.hosts.first else {
      return APIError(.invalid, "a request has one Host, and this has \(head.hosts.count)", code: "invalid_host")
    }
    guard let name = Self.name(host) else {
      return APIError(.invalid, "the Host is no name with a port: \(host.prefix(100))", code: "invalid_host")
    }
    guard hosts.contains(name) else {
      return APIError(
        .misdirected, "this server is not called \(host.prefix(100)): start it with --allowed-host",
        code: "unknown_host")
    }
    return nil
  }

  /// The name without a port; nil when what follows the name is none.
  private static func name(_ host: String) -> String? {
    let host = host.lowercased()
    var end = host.firstIndex(of: ":") ?? host.endIndex
    if host.hasPrefix("[") {
      guard let bracket = host.firstIndex(of: "]") else { return nil }
      end = host.index(after: bracket)
    }
    let port = host[end...].utf8
    let isPort = port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    return port.isEmpty || isPort && port.count <= 6 ? String(host[..<end]) : nil
  }

  private func wrongOrigin(_ head: RequestHead) -> APIError? {
    let values = head.values("origin")
    guard !values.isEmpty else { return nil }
    guard values.count == 1, let origin = values.first, isAllowed(origin, head) else {
      return APIError(
        .permission, "pages of this origin may not ask: start the server with --cors-origin", code: "origin_not_allowed"
      )
    }
    return nil
  }

  /// The server's own page, and those that the operator names.
  private func isAllowed(_ origin: String, _ head: RequestHead) -> Bool {
    origins.contains(origin) || head.hosts.contains { origin == "http://\($0)" || origin == "https://\($0)" }
  }

  /// The fields that let a page of another origin read the answer.
  package func permission(_ head: RequestHead) -> [(name: String, value: String)] {
    guard let origin = head.value("origin"), origins.contains(origin) else { return [] }
    return [
      ("access-control-allow-origin", origin), ("vary", "Origin"),
      ("access-control-expose-headers", "x-request-id, x-ignored-parameters"),
    ]
  }

  /// The fields that answer a browser's question before a request; nil for what is no such question.
  package func preflight(_ head: RequestHead) -> [(name: String, value: String)]? {
    guard head.method == "OPTIONS", head.value("access-control-request-method") != nil, wrongHost(head) == nil else {
      return nil
    }
    let permission = permission(head)
    guard !permission.isEmpty else { return nil }
    return permission + [
      ("access-control-allow-methods", "GET, POST"),
      ("access-control-allow-headers", "authorization, content-type, x-api-key, anthropic-version, anthropic-beta"),
      ("access-control-max-age", "600"),
    ]
  }

  private func wrongKey(_ head: RequestHead) -> APIError? {
    guard !keys.isEmpty else { return nil }
    let bearers = head.values("authorization").map { value in
      value.lowercased().hasPrefix("bearer ") ? String(value.dropFirst(7)) : ""
    }
    let given = bearers + head.values("x-api-key")
    guard given.count == 1 || Set(given).count == 1, let key = given.first, keys.contains(key) else {
      let problem = given.isEmpty ? "there is no API key in this request" : "this API key is not known"
      return APIError(.authentication, problem, code: "invalid_api_key")
    }
    return nil
  }

  /// Only JSON: a page of another origin can send everything else without asking first.
  private func wrongBody(_ head: RequestHead) -> APIError? {
    let type = head.value("content-type")?.split(separator: ";").first?.lowercased()
    guard type == "application/json" else {
      return APIError(.mediaType, "the body must be application/json", code: "unsupported_media_type")
    }
    let encodings = head.values("content-encoding")
    guard encodings.allSatisfy({ $0.lowercased() == "identity" }) else {
      return APIError(.mediaType, "the body must not be compressed", code: "unsupported_content_encoding")
    }
    return nil
  }
}
