/// What a request asks for, of the forms that RFC 9112 has for it (3.2).
package struct RequestTarget: Sendable, Equatable {
  /// The host that is in the target itself, in place of which `Host` has no meaning; nil for a target that is a path.
  package let authority: String?
  /// The path with its query. For a target that is neither a path nor an address of HTTP, one at which nothing is.
  package let path: String

  /// - Parameter target: The target as it was sent.
  package init(_ target: String) {
    let head = target.prefix(8).lowercased()
    guard let scheme = ["http://", "https://"].first(where: { head.hasPrefix($0) }) else {
      authority = nil
      path = target.hasPrefix("/") ? target : "/" + target
      return
    }
    let rest = target.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    authority = String(rest[..<end])
    path = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
  }
}
