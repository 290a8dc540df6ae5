import NIOCore
import NIOEmbedded
import NIOHTTP1
import ServingHTTP
import Testing

/// Heads as they come over a connection, by the clock of an event loop that stands unless it is moved.
@Suite struct HeadGuardTests {
  private func channel() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withErrorHandling: false)
    try channel.pipeline.syncOperations.addHandler(HeadGuard(seconds: 10))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
  }

  private func send(_ text: String, _ channel: EmbeddedChannel) throws {
    _ = try channel.writeInbound(ByteBuffer(string: text))
  }

  /// The head that came; nil for none.
  private func head(_ channel: EmbeddedChannel) throws -> HTTPRequestHead? {
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
      if case .head(let head) = part { return head }
    }
    return nil
  }

  @Test func `time: a head that drips is cut off when its time is over, however often a byte comes`() throws {
    let channel = try channel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    channel.embeddedEventLoop.advanceTime(by: .seconds(25))
    // Nothing came: this is no head.
    #expect(channel.isActive)
    for byte in "GET / HTT" {
      try send(String(byte), channel)
      channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    }
    #expect(channel.isActive)
    try send("P", channel)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
  }

  @Test func `time: a head that came has no more time to keep, and the next one has its own`() throws {
    let channel = try channel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    try send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{", channel)
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(channel.isActive)
    try send("}", channel)
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(channel.isActive)
    try send("GET", channel)
    channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
  }

  @Test func `framing: chunks in HTTP/1.0, which has none, are refused`() throws {
    let gate = Gate(host: "127.0.0.1", allowed: [], origins: [], keys: KeyRing([]))
    let route = try #require(Route("/v1/chat/completions"))
    for (version, expected) in [("1.0", 400), ("1.1", nil)] as [(String, Int?)] {
      let channel = try channel()
      let target = "POST /v1/chat/completions HTTP/\(version)\r\nHost: localhost\r\n"
      try send("\(target)Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", channel)
      let head = try #require(try head(channel))
      let fields = head.headers.map { (name: $0.name, value: $0.value) }
      let seen = RequestHead(method: "POST", target: head.uri, hosts: head.headers["host"], fields: fields)
      #expect(gate.refusal(of: seen, route: route)?.status == expected, "HTTP/\(version)")
      _ = try channel.finish(acceptAlreadyClosed: true)
    }
  }

  @Test func `host: the host of a target counts, and not the one beside it`() throws {
    let targets: [(target: String, hosts: [String], path: String, expected: [String])] = [
      ("http://evil.test/v1/models?a=1", ["localhost"], "/v1/models?a=1", ["evil.test"]),
      ("HTTP://localhost:8400", ["evil.test"], "/", ["localhost:8400"]),
      ("http://localhost?a", ["localhost"], "/?a", ["localhost"]),
      ("http://localhost/", ["a", "b"], "/", ["a", "b"]), ("http://localhost/", [], "/", []),
      ("/v1/models", ["localhost"], "/v1/models", ["localhost"]),
      ("//v1/models", ["localhost"], "//v1/models", ["localhost"]),
      ("ftp://localhost/v1/models", ["localhost"], "/ftp://localhost/v1/models", ["localhost"]),
    ]
    for item in targets {
      let channel = try channel()
      let fields = item.hosts.map { "Host: \($0)\r\n" }.joined()
      try send("GET \(item.target) HTTP/1.1\r\n\(fields)\r\n", channel)
      let head = try head(channel)
      #expect(head?.uri == item.path && head?.headers["host"] == item.expected, "\(item.target)")
      _ = try channel.finish(acceptAlreadyClosed: true)
    }
  }
}
