import Serving
import ServingHTTP
import Testing
import Threads

/// What the log says of a request, by a clock that stands.
@Suite struct AccessLineTests {
  private func lines(_ use: (AccessLine) -> Void) -> [String] {
    let lines = Monitor<[String]>([])
    let time = Monitor(Duration.zero)
    do {
      let head = RequestHead(method: "POST", target: "/v1/chat/completions?key=secret", hosts: ["localhost"])
      let line = AccessLine(
        head, name: "req_1", now: { time.look { $0 } }, log: { text in lines.change { $0.append(text) } })
      line.begin(status: 200)
      time.change { $0 = .milliseconds(2_500) }
      line.add(bytes: 40)
      line.add(bytes: 2)
      #expect(lines.look { $0.isEmpty })
      use(line)
    }
    return lines.look { $0 }
  }

  @Test func `an answer is told at its end, once, with its time, its bytes and its tokens`() {
    let found = lines { line in
      line.count(tokens: 7)
      line.end()
      line.end()
    }
    #expect(found == ["POST /v1/chat/completions 200 2500 ms req_1 42 bytes 7 tokens complete"])
  }

  @Test func `an answer whose client left is told when nobody works for it any more`() {
    #expect(lines { _ in } == ["POST /v1/chat/completions 200 2500 ms req_1 42 bytes client left"])
  }

  @Test func `an answer that ended with an error is told so, with the first one's code`() {
    let found = lines { line in
      line.fail(APIError(.timeout, "late", code: "request_timeout"))
      line.fail(APIError(.server, "more"))
      line.end()
    }
    #expect(found == ["POST /v1/chat/completions 200 2500 ms req_1 42 bytes error request_timeout"])
  }
}
