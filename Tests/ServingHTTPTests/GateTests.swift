import Serving
import ServingHTTP
import Testing

@Suite struct GateTests {
  private let open = Gate(host: "127.0.0.1", allowed: [], origins: [], keys: KeyRing([]))
  private let locked = Gate(
    host: "10.0.0.5", allowed: ["models.test"], origins: ["https://app.test"], keys: KeyRing(["first", "second"]))

  private func head(
    _ method: String = "POST", _ target: String = "/v1/chat/completions", hosts: [String] = ["127.0.0.1:8400"],
    _ fields: [(name: String, value: String)] = [("Content-Type", "application/json")]
  ) -> RequestHead {
    RequestHead(method: method, target: target, hosts: hosts, fields: fields)
  }

  private func status(_ gate: Gate, _ head: RequestHead) -> Int? {
    gate.refusal(of: head, route: Route(head.path))?.status
  }

  @Test(arguments: [
    "127.0.0.1:8400", "localhost", "LOCALHOST:8400", "[::1]:8400", "127.0.0.1",
  ]) func `a request that names this machine passes`(host: String) {
    #expect(status(open, head(hosts: [host])) == nil)
  }

  @Test(arguments: ["evil.test", "evil.test:8400", "127.0.0.1.evil.test", "localhost.evil.test", ""])
  func `host: a name that somebody else gave this machine is refused`(host: String) {
    #expect(status(open, head(hosts: [host])) == 421)
  }

  @Test func `host: no host, and two of them, are refused`() {
    #expect(status(open, head(hosts: [])) == 400)
    #expect(status(open, head(hosts: ["127.0.0.1", "evil.test"])) == 400)
    #expect(status(open, head(hosts: ["127.0.0.1", "127.0.0.1"])) == 400)
  }

  @Test(arguments: [
    "localhost:1:x", "localhost:x", "localhost:8400x", "[::1", "[::1]x", "[::1]:1:2", "localhost:123456",
  ])
  func `host: what is no name with a port is refused`(host: String) {
    #expect(status(open, head(hosts: [host])) == 400)
  }

  @Test(arguments: ["gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked", ""])
  func `framing: a body in a coding besides chunks is refused`(coding: String) {
    let type = (name: "content-type", value: "application/json")
    #expect(status(open, head([type, ("transfer-encoding", coding)])) == 400)
    #expect(status(open, head([type, ("transfer-encoding", "chunked"), ("transfer-encoding", coding)])) == 400)
    #expect(status(open, head("GET", "/health", [("transfer-encoding", coding)])) == 400)
    #expect(status(open, head([type, ("transfer-encoding", "Chunked")])) == nil)
  }

  @Test(arguments: ["//v1/models", "/v1//models", "//", "/v1/models//", "v1/models", "", "http://evil.test/v1/models"])
  func `a path with a step that has no name, and what is no path, is none of this server`(path: String) {
    #expect(Route(path) == nil)
  }

  @Test func `cors: pages of other origins may not ask, but for those that are named`() {
    let type = (name: "content-type", value: "application/json")
    #expect(status(open, head([type, ("origin", "https://evil.test")])) == 403)
    #expect(status(open, head([type, ("origin", "null")])) == 403)
    #expect(status(open, head([type, ("origin", "http://127.0.0.1:8400")])) == nil)
    let key = (name: "authorization", value: "Bearer first")
    let asked = head(hosts: ["models.test"], [type, key, ("origin", "https://app.test")])
    #expect(status(locked, asked) == nil)
    #expect(
      locked.permission(asked).contains { $0.name == "access-control-allow-origin" && $0.value == "https://app.test" })
    #expect(open.permission(asked).isEmpty)
  }

  private func head(_ fields: [(name: String, value: String)]) -> RequestHead { head("POST", fields) }
  private func head(_ method: String, _ fields: [(name: String, value: String)]) -> RequestHead {
    head(method, "/v1/chat/completions", hosts: ["127.0.0.1:8400"], fields)
  }

  @Test func `cors: a browser's question is answered for named origins only`() {
    let ask = (name: "access-control-request-method", value: "POST")
    let good = head("OPTIONS", hosts: ["models.test"], [ask, ("origin", "https://app.test")])
    #expect(locked.preflight(good) != nil)
    #expect(open.preflight(good) == nil)
    #expect(locked.preflight(head("OPTIONS", hosts: ["models.test"], [ask, ("origin", "https://evil.test")])) == nil)
  }

  @Test(
    arguments: [
      [], [("authorization", "Bearer ")], [("authorization", "Bearer firs")], [("authorization", "Bearer firstt")],
      [("authorization", "first")], [("authorization", "Basic first")], [("x-api-key", "third")],
      [("authorization", "Bearer first"), ("authorization", "Bearer wrong")],
      [("authorization", "Bearer first"), ("x-api-key", "second")],
    ] as [[(String, String)]]) func `a key that is missing, cut, longer, or one of several is refused`(
      fields: [(String, String)]
    )
  {
    let all = [(name: "content-type", value: "application/json")] + fields.map { (name: $0.0, value: $0.1) }
    #expect(status(locked, head(hosts: ["10.0.0.5"], all)) == 401)
  }

  @Test func `auth: each key opens, in the words of both vendors, and health needs none`() {
    let type = (name: "content-type", value: "application/json")
    for fields in [[("authorization", "Bearer second")], [("x-api-key", "first")]] {
      #expect(status(locked, head(hosts: ["10.0.0.5"], [type] + fields.map { (name: $0.0, value: $0.1) })) == nil)
    }
    #expect(status(locked, head("GET", "/health", hosts: ["10.0.0.5"], [])) == nil)
    #expect(status(locked, head("GET", "/v1/models", hosts: ["10.0.0.5"], [])) == 401)
    #expect(status(locked, head("GET", "/metrics", hosts: ["10.0.0.5"], [])) == 401)
  }

  @Test func `cors and framing: a body that is no JSON, or is compressed, is refused`() {
    #expect(status(open, head([])) == 415)
    #expect(status(open, head([("content-type", "text/plain")])) == 415)
    #expect(status(open, head([("content-type", "application/json; charset=utf-8")])) == nil)
    #expect(status(open, head([("content-type", "application/json"), ("content-encoding", "gzip")])) == 415)
  }

  @Test func `paths are known with and without their version, and others are not`() {
    #expect(Route("/v1/chat/completions") == .generate(.chat) && Route("/chat/completions/") == .generate(.chat))
    #expect(Route("/v1/v1/messages") == .generate(.messages) && Route("/v1/messages/count_tokens") == .countTokens)
    #expect(Route("/v1/responses/input_tokens") == .countInput && Route.countInput.dialect == .responses)
    #expect(Route("/v1/models/org/name") == .model("org/name") && Route("/") == .page)
    #expect(Route("/v1/embeddings") == nil && Route("/v1/models/../../etc")?.dialect == .chat)
    #expect(status(open, head("POST", "/v1/embeddings")) == 404)
    #expect(status(open, head("GET", "/v1/chat/completions", [])) == 405)
    #expect(status(open, head("HEAD", "/v1/chat/completions", [])) == 405)
    #expect(status(open, head("HEAD", "/health", [])) == nil && status(open, head("POST", "/health")) == 405)
    #expect(status(open, head("GET", "/" + String(repeating: "a", count: 9_000), [])) == 400)
  }

  @Test func `a head says whether a body comes`() {
    #expect(!head("GET", "/health", []).hasBody && !head([("content-length", "0")]).hasBody)
    #expect(head([("content-length", "5")]).hasBody && head([("Transfer-Encoding", "chunked")]).hasBody)
  }

  @Test func `bind: a server that others reach needs a key, or a word`() {
    var options = ServerOptions()
    for host in ["127.0.0.1", "127.8.9.1", "::1", "localhost"] {
      options.host = host
      #expect(options.isLoopback)
    }
    for host in ["0.0.0.0", "::", "127.0.0.1.evil.test", "10.0.0.1", "1270.0.1", "127.0.0"] {
      options.host = host
      #expect(throws: ServerError.insecure(host: host)) { try options.check() }
    }
    options.keys = KeyRing(lines: "# of the team\n  key-1 \n\n")
    #expect(throws: Never.self) { try options.check() }
    #expect(options.keys.contains("key-1") && !options.keys.contains("# of the team") && !options.keys.contains(""))
  }
}
