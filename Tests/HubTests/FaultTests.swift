import Diagnostics
import Hub
import TestSupport
import Testing

/// Whatever the other side does wrong has a name of its own, and nothing of it is kept.
@Suite struct FaultTests {
  /// A fault at the hub, by what is then said of looking at the model.
  struct Fault: Sendable, CustomTestStringConvertible {
    let rule: String
    let code: String
    var waits: [Int] = []
    var name = "hub:org/donor"
    var testDescription: String { "\(rule): \(code)" }
  }

  private static let again = [1000, 2000, 4000, 8000]

  @Test(arguments: [
    // What the hub says in its own words.
    Fault(rule: #"{"on":"api","do":"status","status":404,"code":"RepoNotFound"}"#, code: "E_HUB_REPOSITORY"),
    Fault(
      rule: #"{"on":"api","do":"status","status":401,"message":"Invalid username or password."}"#,
      code: "E_HUB_REPOSITORY"),
    Fault(rule: #"{"on":"api","do":"status","status":404,"code":"RevisionNotFound"}"#, code: "E_HUB_REVISION"),
    Fault(rule: #"{"on":"resolve","do":"status","status":404,"code":"EntryNotFound"}"#, code: "E_HUB_ENTRY"),
    Fault(
      rule: #"{"on":"resolve","do":"status","status":401,"code":"GatedRepo","message":"restricted"}"#,
      code: "E_HUB_GATED"),
    Fault(rule: #"{"on":"resolve","do":"status","status":403,"code":"GatedRepo"}"#, code: "E_HUB_GATED"),
    Fault(rule: #"{"on":"resolve","do":"status","status":403,"message":"no"}"#, code: "E_HUB_FORBIDDEN"),
    Fault(rule: #"{"on":"api","do":"status","status":418}"#, code: "E_HUB_STATUS"),
    // What may pass: five attempts, with waits that double; and never more.
    Fault(rule: #"{"on":"api","do":"status","status":503}"#, code: "E_HUB_STATUS", waits: again),
    Fault(
      rule: #"{"on":"api","do":"status","status":429,"headers":{"RateLimit":"\"api\";r=0;t=55"}}"#,
      code: "E_HUB_RATE_LIMIT", waits: [55_000, 55_000, 55_000, 55_000]),
    Fault(rule: #"{"on":"api","do":"status","status":429,"headers":{"Retry-After":"3600"}}"#, code: "E_HUB_RATE_LIMIT"),
    Fault(rule: #"{"on":"api","do":"cut"}"#, code: "E_HUB_CUT", waits: again),
    Fault(rule: #"{"on":"tree","do":"cut","bytes":10}"#, code: "E_HUB_CUT", waits: again),
    Fault(rule: #"{"on":"cdn","do":"cut"}"#, code: "E_HUB_CUT", waits: again),
    // Answers that are none.
    Fault(rule: #"{"on":"api","do":"gzip"}"#, code: "E_HUB_ENCODING"),
    Fault(rule: #"{"on":"api","do":"body","body":"<html>"}"#, code: "E_HUB_ANSWER"),
    Fault(rule: #"{"on":"api","do":"body","body":"{\"sha\":\"main\"}"}"#, code: "E_HUB_ANSWER"),
    Fault(rule: #"{"on":"api","do":"body","body":"{\"sha\":1,\"sha\":2}"}"#, code: "E_HUB_ANSWER"),
    Fault(rule: #"{"on":"tree","do":"body","body":"{}"}"#, code: "E_HUB_ANSWER"),
    Fault(rule: #"{"on":"resolve","do":"nocommit"}"#, code: "E_HUB_NOT_HUB"),
    Fault(
      rule: #"{"on":"resolve","do":"commit","value":"0000000000000000000000000000000000000000"}"#, code: "E_HUB_COMMIT"),
    Fault(rule: #"{"on":"resolve","do":"etag","value":"0000"}"#, code: "E_HUB_CHANGED"),
    Fault(rule: #"{"on":"resolve","path":"*.safetensors","do":"size","value":7}"#, code: "E_HUB_CHANGED"),
    // Bytes that are not those that were asked for.
    Fault(rule: #"{"on":"resolve","path":"config.json","do":"flip"}"#, code: "E_HUB_DIGEST"),
    Fault(rule: #"{"on":"resolve","path":"config.json","do":"long"}"#, code: "E_HUB_LENGTH"),
    Fault(rule: #"{"on":"resolve","path":"config.json","do":"short"}"#, code: "E_HUB_LENGTH"),
    Fault(rule: #"{"on":"cdn","do":"whole"}"#, code: "E_HUB_RANGE_IGNORED"),
    Fault(rule: #"{"on":"cdn","do":"range"}"#, code: "E_HUB_RANGE"),
    Fault(rule: #"{"on":"cdn","do":"total"}"#, code: "E_HUB_RANGE"),
    Fault(rule: #"{"on":"cdn","do":"announce","bytes":5}"#, code: "E_HUB_LENGTH"),
    Fault(rule: #"{"on":"cdn","do":"long","bytes":5}"#, code: "E_HUB_LENGTH"),
    Fault(
      rule: #"{"on":"cdn","do":"status","status":416,"headers":{"Content-Range":"bytes */7"}}"#, code: "E_HUB_RANGE"),
    Fault(rule: #"{"on":"cdn","do":"gzip"}"#, code: "E_HUB_ENCODING"),
    Fault(rule: #"{"on":"cdn","do":"status","status":403,"message":"invalid range"}"#, code: "E_HUB_REFUSED"),
    // Ways that lead astray.
    Fault(rule: #"{"on":"api","do":"redirect","to":"{here}"}"#, code: "E_HUB_REDIRECT"),
    Fault(rule: #"{"on":"api","do":"redirect","to":"{here}?x"}"#, code: "E_HUB_REDIRECT"),
    Fault(rule: #"{"on":"resolve","do":"redirect","to":"http://store.example.org/x"}"#, code: "E_HUB_REDIRECT"),
    Fault(rule: #"{"on":"resolve","do":"redirect","to":"file:///etc/passwd"}"#, code: "E_HUB_REDIRECT"),
    Fault(rule: #"{"on":"resolve","do":"redirect","to":"https://u:p@store.example.org/"}"#, code: "E_HUB_REDIRECT"),
  ]) func `each fault has its code, and is not borne for ever`(fault: Fault) throws {
    let hub = try TestHub()
    try hub.setFaults(fault.rule)
    let said = refusal { _ = try hub.look(fault.name) }
    #expect(said?.code == fault.code, "\(said?.text ?? "nothing")")
    #expect(hub.waits.all == fault.waits)
    #expect(said?.next != nil)
  }

  @Test func `what passes is waited for, and then goes on`() throws {
    let hub = try TestHub()
    try hub.setFaults(
      #"{"on":"api","times":2,"do":"status","status":500}"#,
      #"{"on":"tree","times":1,"do":"status","status":429,"headers":{"RateLimit":"\"api\";r=0;t=9"}}"#,
      #"{"on":"tree","times":1,"do":"status","status":429,"headers":{"Retry-After":"7"}}"#,
      #"{"on":"cdn","times":1,"do":"status","status":503}"#)
    _ = try hub.look("hub:org/donor")
    #expect(hub.waits.all == [1000, 2000, 9000, 7000, 1000])
  }

  @Test func `a side that falls silent is given up`() throws {
    let hub = try TestHub()
    try hub.setFaults(#"{"on":"cdn","times":1,"do":"stall","bytes":100}"#)
    _ = try hub.look("hub:org/donor", ["HF_HUB_DOWNLOAD_TIMEOUT": "1"])
    #expect(hub.waits.all == [1000])
    try hub.setFaults(#"{"on":"cdn","do":"stall"}"#)
    let said = refusal { _ = try hub.look("hub:org/donor", ["HF_HUB_DOWNLOAD_TIMEOUT": "1"]) }
    #expect(said?.code == "E_HUB_STALLED", "\(said?.text ?? "nothing")")
  }

  @Test func `a side that sends a few bytes at each attempt is given up when a minute brought next to nothing`() throws
  {
    let hub = try TestHub()
    try hub.setFaults(#"{"on":"cdn","do":"cut","bytes":10}"#)
    let said = refusal { _ = try hub.look("hub:org/donor") }
    #expect(said?.code == "E_HUB_STALLED", "\(said?.text ?? "nothing")")
    #expect(said?.expected == "1 KiB per second over a minute, all attempts together")
    // Each attempt brought something, so that each wait is a second: the sixty-first attempt is not made again.
    #expect(hub.waits.all == Array(repeating: 1000, count: 60))
  }

  @Test func `a hub that is not there cannot be reached, and its certificate must be good`() throws {
    let hub = try TestHub()
    let said = refusal { _ = try hub.look("hub:org/donor", ["HF_ENDPOINT": "http://127.0.0.1:9"]) }
    #expect(said?.code == "E_HUB_UNREACHABLE")
    #expect(said?.found?.contains("127.0.0.1:9") == true)
    #expect(hub.waits.all == Self.again)
    let other = refusal {
      _ = try hub.look("hub:org/donor", ["HF_ENDPOINT": hub.endpoint.replacing("http:", with: "https:")])
    }
    #expect(other?.code == "E_HUB_UNREACHABLE")
  }

  @Test(arguments: [
    "../up", "/etc/x", "a/../b", "a//b", "a\\\\b", "a/", "./a", "a\\u0000b", "a\\u001bb", "a\\u202eb", "",
    String(repeating: "a/", count: 2100) + "b", String(repeating: "a", count: 300),
  ]) func `a path that leads out of the folder is refused, and nothing is written`(path: String) throws {
    let hub = try TestHub()
    let entry =
      "[{\\\"type\\\":\\\"file\\\",\\\"path\\\":\\\"" + path.replacing("\\", with: "\\\\")
      + "\\\",\\\"size\\\":1,\\\"oid\\\":\\\"\(String(repeating: "0", count: 40))\\\"}]"
    try hub.setFaults("{\"on\":\"tree\",\"do\":\"body\",\"body\":\"\(entry)\"}")
    let said = refusal { _ = try hub.fetch("hub:org/donor", include: ["*"]) }
    #expect(said?.code == "E_HUB_LISTING", "\(said?.text ?? "nothing")")
    #expect(!hub.scratch.exists("cache"))
  }

  @Test(arguments: [
    #"[{"type":"file","path":"a","size":1,"oid":"ID"},{"type":"file","path":"a","size":1,"oid":"ID"}]"#,
    #"[{"type":"file","path":"a","size":1,"oid":"ID"},{"type":"file","path":"a/b","size":1,"oid":"ID"}]"#,
    #"[{"type":"file","path":"a","size":-1,"oid":"ID"}]"#, #"[{"type":"file","path":"a","oid":"ID"}]"#,
    #"[{"type":"file","path":"a","size":1,"oid":"../../x"}]"#, #"[{"type":"file","path":"a","size":1}]"#,
    #"[{"type":"file","path":"a","size":1,"oid":"ID","lfs":{"oid":"ID","size":1}}]"#,
    #"[{"type":"file","size":1,"oid":"ID"}]"#, #"[{"type":"file","path":"a","size":9223372036854775807,"oid":"ID"}]"#,
  ]) func `a list that contradicts itself is refused`(list: String) throws {
    let hub = try TestHub()
    let body = list.replacing("ID", with: String(repeating: "0", count: 40)).replacing("\"", with: "\\\"")
    try hub.setFaults("{\"on\":\"tree\",\"do\":\"body\",\"body\":\"\(body)\"}")
    let said = refusal { _ = try hub.fetch("hub:org/donor", include: ["*"]) }
    #expect(said?.code == "E_HUB_LISTING", "\(said?.text ?? "nothing")")
  }

  @Test func `pages that lead in a circle end`() throws {
    let hub = try TestHub()
    try hub.setFaults(
      #"{"on":"tree","do":"body","body":"[]","headers":{"Link":"</x?recursive=true>; rel=\"next\""}}"#)
    #expect(refusal { _ = try hub.look("hub:org/donor") }?.code == "E_HUB_LISTING")
  }

  @Test func `a branch that moves meanwhile is not mixed`() throws {
    let hub = try TestHub { scratch in
      for (revision, text) in [("main", "one"), ("next", "two")] {
        try scratch.put("{\"model_type\":\"\(text)\"}", at: "repos/org/moving/\(revision)/config.json")
        try scratch.put(text, at: "repos/org/moving/\(revision)/README.md")
      }
      try scratch.put(#"{"main":"main","next":"next"}"#, at: "repos/org/moving/.revisions.json")
    }
    try hub.setFaults(#"{"on":"api","times":1,"do":"move","value":"next"}"#)
    let fetch = try hub.fetch("hub:org/moving")
    #expect(fetch.repository.commit == hub.commit("org/moving"))
    #expect(hub.scratch.text("cache/models--org--moving/snapshots/\(fetch.repository.commit)/README.md") == "one")
    let next = try hub.fetch("hub:org/moving")
    #expect(next.repository.commit == hub.commit("org/moving", "next"))
    #expect(hub.scratch.text("cache/models--org--moving/snapshots/\(next.repository.commit)/README.md") == "two")
  }

  @Test func `an error says what to do, and no secret`() throws {
    let hub = try TestHub()
    var texts: [String] = []
    for fault in [
      #"{"on":"resolve","do":"status","status":403,"code":"GatedRepo","message":"Access is restricted"}"#,
      #"{"on":"api","do":"status","status":401,"code":"RepoNotFound"}"#,
      #"{"on":"api","do":"status","status":401,"message":"Invalid credentials in Authorization header"}"#,
      #"{"on":"cdn","do":"status","status":403,"message":"invalid range"}"#, #"{"on":"cdn","do":"whole"}"#,
      #"{"on":"resolve","path":"config.json","do":"flip"}"#, #"{"on":"resolve","do":"nocommit"}"#,
      #"{"on":"api","do":"status","status":429,"headers":{"Retry-After":"3600"}}"#,
      #"{"on":"resolve","do":"redirect","to":"http://store.example.org/x?secret"}"#,
    ] {
      try hub.setFaults(fault)
      texts.append(refusal { _ = try hub.look("hub:org/donor", ["HF_TOKEN": "hf_secret"]) }?.text ?? "nothing")
    }
    let text = texts.joined(separator: "\n\n") + "\n"
    #expect(!text.contains("hf_secret") && !text.contains("Signature") && !text.contains("?"))
    try GoldenText(of: "HubTests").expect(
      text.replacing(hub.endpoint, with: "{hub}").replacing(hub.store, with: "{store}"), "errors.txt")
  }
}
