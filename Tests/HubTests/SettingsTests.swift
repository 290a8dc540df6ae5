import Diagnostics
import Hub
import TestSupport
import Testing

/// What the environment says of the hub.
@Suite struct SettingsTests {
  private func settings(_ environment: [String: String]) throws -> HubSettings {
    try HubSettings(["HOME": "/nonexistent"].merging(environment) { $1 })
  }

  @Test func `the endpoint is the public hub, or what the variable says, without a slash at its end`() throws {
    #expect(try settings([:]).address("api").text == "https://huggingface.co/api")
    #expect(try settings(["HF_ENDPOINT": "https://m.org/hf/"]).address("api").text == "https://m.org/hf/api")
    #expect(
      try settings(["HF_ENDPOINT": "http://127.0.0.1:80"]).address("a", query: "b").text == "http://127.0.0.1/a?b")
  }

  @Test(arguments: ["m.org", "http://m.org", "ftp://m.org", "https://u:p@m.org", "https://m.org/?a", "http://10.0.0.1"])
  func `an endpoint that is open or no address is refused`(text: String) {
    #expect(refusal { _ = try settings(["HF_ENDPOINT": text]) }?.code == "E_HUB_SETTING")
  }

  @Test func `the token comes from the variable, the file that is named, or the home`() throws {
    let folder = try ScratchFolder()
    try folder.put("hf_file\n", at: "token-file")
    try folder.put(" hf_home ", at: "home/token")
    func header(_ more: [String: String]) throws -> String? { try settings(more).token?.header }
    #expect(try header(["HF_TOKEN": "hf_a"]) == "Authorization: Bearer hf_a")
    #expect(try header(["HF_TOKEN_PATH": folder["token-file"]]) == "Authorization: Bearer hf_file")
    #expect(try header(["HF_HOME": folder["home"]]) == "Authorization: Bearer hf_home")
    #expect(try header(["HF_HOME": "$X/home", "X": folder.path]) == "Authorization: Bearer hf_home")
    #expect(try header([:]) == nil)
    #expect(try header(["HF_TOKEN": "hf_a", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]) == nil)
    #expect(refusal { _ = try settings(["HF_TOKEN": "a b"]) }?.code == "E_HUB_SETTING")
  }

  @Test func `a token that is printed by mistake is not seen`() throws {
    let token = try settings(["HF_TOKEN": "hf_secret"]).token
    #expect(token != nil)
    var dumped = ""
    dump(token, to: &dumped)
    for text in ["\(String(describing: token))", String(reflecting: token), dumped] {
      #expect(!text.contains("hf_secret"), "\(text)")
    }
  }

  @Test func `offline is what the hub's client takes for it`() throws {
    #expect(try settings(["HF_HUB_OFFLINE": "1"]).offlineBy == "HF_HUB_OFFLINE")
    #expect(try settings(["TRANSFORMERS_OFFLINE": "true"]).offlineBy == "TRANSFORMERS_OFFLINE")
    #expect(try settings(["HF_HUB_OFFLINE": "0"]).offlineBy == nil)
  }

  @Test(arguments: ["0", "-1", "a", "1.5", "1e9"]) func `a time that is none is refused`(text: String) {
    #expect(refusal { _ = try settings(["HF_HUB_ETAG_TIMEOUT": text]) }?.code == "E_HUB_SETTING")
  }

  @Test func `the cache's path is expanded as Python does`() throws {
    #expect(try settings(["HF_HUB_CACHE": "~/c"]).cache == "/nonexistent/c")
    #expect(try settings(["HF_HOME": "${A}/$B", "A": "/a", "B": "b"]).cache == "/a/b/hub")
    #expect(try settings(["HUGGINGFACE_HUB_CACHE": "/old"]).cache == "/old")
    #expect(try settings([:]).cache == "/nonexistent/.cache/huggingface/hub")
  }
}
