import Serving

/// How a server listens, and what it bears.
package struct ServerOptions: Sendable {
  /// The address and the port.
  package var host = "127.0.0.1"
  package var port = 8400
  /// The keys of clients.
  package var keys = KeyRing([])
  /// Whether an address that others reach is served without keys.
  package var isInsecure = false
  /// Further names of the server, and pages of other origins that may ask.
  package var allowedHosts: [String] = []
  package var origins: [String] = []
  /// Connections at most.
  package var connections = 256
  /// Requests that are made ready at once, at most: each may hold its text, its tokens and its pictures.
  package var preparations = 32
  /// Seconds of silence after which a connection is closed: between requests, and within one.
  package var idleSeconds = 30
  /// Seconds that the head of a request may take, from its first byte.
  package var headSeconds = 10
  /// Seconds that a body may take, besides what the bytes that came take at the least rate.
  package var bodySeconds = 15
  package var leastBytesPerSecond = 64 << 10
  /// Seconds that a write may wait for a reader.
  package var writeSeconds = 30
  /// Seconds that a request may wait for its turn; 0 for as long as it takes.
  package var queueSeconds = 600
  /// Seconds that an answer may take; 0 for as long as it takes.
  package var requestSeconds = 0
  /// Seconds that a step of the engine may take before `/health` says that it is stuck; 0 for as long as it takes.
  package var stallSeconds = 600
  /// Seconds between signs of life in a stream.
  package var pingSeconds = 10
  /// Seconds that answers have to their end after SIGTERM.
  package var drainSeconds = 30
  /// What names of metrics begin with.
  package var metricsPrefix = "cambium"
  /// Bounds on requests.
  package var limits = RequestLimits()

  /// Creates the default options.
  package init() {}

  /// Whether nobody but this machine reaches the address.
  package var isLoopback: Bool {
    host == "localhost" || host == "::1" || host == "[::1]" || Self.isLoopbackV4(host)
  }

  private static func isLoopbackV4(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return parts.count == 4 && parts.allSatisfy { $0 != nil } && parts.first == 127
  }

  /// Refuses an address that others reach without a key.
  /// - Throws: ``ServerError/insecure(host:)``.
  package func check() throws(ServerError) {
    guard isLoopback || !keys.isEmpty || isInsecure else { throw .insecure(host: host) }
  }
}
