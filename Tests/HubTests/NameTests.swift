import Hub
import Testing

/// What is typed, and what a server sends, is read as it is written, or not at all.
@Suite struct NameTests {
  @Test func `a name has a repository and a revision, and main without one`() throws {
    let name = try HubName("hub:org/name")
    #expect(name.repository == "org/name" && name.revision == "main" && !name.isPinned && name.commit == nil)
    let pinned = try HubName("hub:org/na.me_1@refs/pr/12")
    #expect(pinned.revision == "refs/pr/12" && pinned.isPinned)
    #expect(try HubName("hub:gpt2").repository == "gpt2")
    let commit = String(repeating: "0a", count: 20)
    #expect(try HubName("hub:org/name@\(commit)").commit == commit)
  }

  @Test(arguments: [
    "org/name", "hub:", "hub:org/", "hub:/name", "hub:a/b/c", "hub:datasets/a/b", "hub:../x", "hub:org/..",
    "hub:org/.x",
    "hub:org/na me", "hub:org/n\u{e4}me", "hub:org/a--b", "hub:org/a.git", "hub:org/name@", "hub:org/name@../up",
    "hub:org/name@a//b", "hub:org/name@/a", "hub:org/name@a b", "hub:org/name@a?b", "hub:org/name@a%2fb", "hub:org/n\0",
    "hub:org/name@.hidden", "hub:org/name@a@b",
  ]) func `what names no model is refused`(text: String) {
    #expect(throws: HubError.self) { _ = try HubName(text) }
  }

  @Test func `an address is taken apart and put together again as it was`() {
    for text in ["https://h.co/a/b?c=d", "http://127.0.0.1:8080/", "https://[::1]:1/x", "https://h/%2F?q=/?"] {
      #expect(WebAddress(text)?.text == text, "\(text)")
    }
    #expect(WebAddress("HTTPS://H.Co:443/A")?.text == "https://h.co/A")
    #expect(WebAddress("https://h.co?q#f")?.text == "https://h.co/?q")
  }

  @Test(arguments: [
    "ftp://h/", "https://", "https://u@h/", "https://h\\@evil/", "https://h:0/", "https://h:99999/", "https://h:/",
    "https://h /", "https://h/\u{e4}", "https://h/a\tb", "https://h%2eevil/", "//h/", "file:///etc/passwd",
    "https://[::1/",
    "javascript:1", "https://h;x/",
  ]) func `an address that programs read differently is none`(text: String) {
    #expect(WebAddress(text) == nil)
  }

  @Test func `a place leads from the address that named it`() throws {
    let base = try #require(WebAddress("https://h.co/a/b?c"))
    #expect(base.following("/x?y")?.text == "https://h.co/x?y")
    #expect(base.following("d")?.text == "https://h.co/a/d")
    #expect(base.following("//k.co/x")?.text == "https://k.co/x")
    #expect(base.following("http://k.co/x")?.text == "http://k.co/x")
    #expect(base.following("") == nil && base.following("ftp://k/") == nil)
    #expect(base.following("/login?to=https://k/")?.origin == base.origin)
    #expect(base.place == "https://h.co/a/b")
  }

  @Test func `private addresses are known in all their spellings`() {
    for host in [
      "localhost", "a.localhost", "127.0.0.1", "127.1", "0177.0.0.1", "2130706433", "0x7f.1", "10.1.2.3", "172.16.0.1",
      "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
      "fc00::1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    ] {
      #expect(NetworkAddress.isPrivate(host: host), "\(host)")
    }
    for host in ["h.co", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8", "192.169.0.1"] {
      #expect(!NetworkAddress.isPrivate(host: host), "\(host)")
    }
    #expect(NetworkAddress.isLoopback(host: "127.9.9.9") && NetworkAddress.isLoopback(host: "::1"))
    #expect(!NetworkAddress.isLoopback(host: "10.0.0.1") && !NetworkAddress.isLoopback(host: "localhost.evil.org"))
  }

  private func answer(_ lines: String...) -> HTTPAnswer {
    HTTPAnswer(
      status: 206, address: WebAddress(origin: .init(scheme: "https", host: "h", port: 443), path: "/"), lines: lines)
  }

  @Test func `a range is read when it is whole and in order`() {
    #expect(answer("Content-Range: bytes 0-9/100").contentRange?.range == 0..<10)
    #expect(answer("content-RANGE: bytes 5-5/6").contentRange?.total == 6)
    for text in [
      "bytes 9-0/100", "bytes 0-100/100", "bytes */100", "bytes 0-9/*", "bytes -1-9/100", "0-9/100",
      "bytes 0-9/99999999999999999999", "bytes 0-9/100, 3",
    ] {
      #expect(answer("Content-Range: \(text)").contentRange == nil, "\(text)")
    }
  }

  @Test func `the wait that a hub asks for is read from either header`() {
    #expect(answer("RateLimit: \"api\";r=0;t=55", "Retry-After: 7").secondsToWait == 55)
    #expect(answer("RateLimit: \"api\";r=12;t=55").secondsToWait == nil)
    #expect(answer("Retry-After: 7").secondsToWait == 7)
    #expect(answer("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT").secondsToWait == nil)
  }

  @Test func `a digest loses its marks`() {
    #expect(answer("ETag: W/\"abc\"").etag == "abc")
    #expect(answer("ETag: \"a\"", "X-Linked-Etag: \"b\"").etag == "b")
    #expect(answer("ETag:").etag == nil)
  }

  @Test func `a pattern matches as the hub's client has it`() {
    for (pattern, path, matches) in [
      ("*.json", "config.json", true), ("*.json", "a/b.json", true), ("*.json", "a.jsonl", false),
      ("model-0000[1-3]*", "model-00002-of-9.safetensors", true), ("[!a]*", "abc", false), ("a?c", "abc", true),
      ("mtp/", "mtp/weights.safetensors", true), ("[", "[", true), ("**", "", true), ("", "a", false),
      (String(repeating: "*a", count: 200), String(repeating: "b", count: 2000), false),
    ] {
      #expect(PathPattern(pattern).matches(path) == matches, "\(pattern) \(path)")
    }
  }

  @Test func `by default weights in other formats and hidden files stay where they are`() {
    let usual = FetchSelection()
    for path in ["model.safetensors", "config.json", "LICENSE", "README.md", "tokenizer.model", "mtp/manifest.json"] {
      #expect(usual.has(path), "\(path)")
    }
    for path in [
      "pytorch_model.bin", "a.pt", "original/x.json", "onnx/config.json", "x.gguf", ".gitattributes", "modeling.py",
      "image.png",
    ] {
      #expect(!usual.has(path), "\(path)")
    }
    #expect(FetchSelection(include: ["*.bin"]).has("a.bin") && !FetchSelection(include: ["*.bin"]).has("config.json"))
    #expect(!FetchSelection(exclude: ["*.json"]).has("config.json"))
  }
}
