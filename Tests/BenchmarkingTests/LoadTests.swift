import Benchmarking
import StrictJSON
import Testing

/// How running servers are measured.
@Suite struct LoadTests {
  private func read(_ text: String, piece: Int) -> (reader: AnswerReader, lines: [String]) {
    var reader = AnswerReader()
    var lines: [String] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      lines += reader.append(bytes[start..<min(bytes.count, start + piece)]).map { String(decoding: $0, as: UTF8.self) }
    }
    return (reader, lines)
  }

  static let chunked =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nab\nc\r\r\n7\r\n\nd\n\nend\r\n0\r\n\r\n"

  @Test(arguments: 1...40) func `an answer in chunks has the same lines however it arrives`(piece: Int) {
    var (reader, lines) = read(Self.chunked, piece: piece)
    #expect(lines == ["ab", "c", "d", ""] && reader.isEnded && reader.status == 200)
    #expect(String(decoding: reader.finish(), as: UTF8.self) == "end" && reader.problem == nil)
  }

  @Test func `an answer with a length ends there, one without ends with its connection`() {
    var (sized, first) = read("HTTP/1.1 429 Too Many\r\ncontent-length: 4\r\n\r\na\nbcdef", piece: 3)
    #expect(first == ["a"] && sized.status == 429 && sized.isEnded)
    #expect(String(decoding: sized.finish(), as: UTF8.self) == "bc")
    var (open, second) = read("HTTP/1.0 200 OK\r\n\r\na\nb", piece: 2)
    #expect(second == ["a"] && !open.isEnded)
    #expect(String(decoding: open.finish(), as: UTF8.self) == "b" && open.problem == nil)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "",
  ])
  func `an answer that is not whole is no answer`(text: String) {
    var (reader, _) = read(text, piece: 7)
    _ = reader.finish()
    #expect(reader.problem != nil)
  }

  private func event(_ value: JSONValue) -> [UInt8] { Array("data: ".utf8) + JSONWriter.compact(value) }

  private func tokens(_ count: Int) -> [UInt8] {
    event(["choices": [["index": 0, "text": "a", "token_ids": .array(Array(repeating: 5, count: count))]]])
  }

  @Test func `tokens that come at once share the time since the one before, and the server counts them`() {
    var answer = LoadAnswer()
    answer.take(tokens(1), at: 2)
    answer.take(Array(": ping".utf8), at: 2.5)
    answer.take(tokens(4), at: 3)
    answer.take(tokens(1), at: 3.5)
    answer.take(
      event([
        "choices": [], "usage": ["prompt_tokens": 7, "completion_tokens": 6],
        "timings": ["draft_n": 5, "draft_n_accepted": 3],
      ]), at: 3.5)
    #expect(!answer.isWhole)
    answer.take(Array("data: [DONE]".utf8), at: 4)
    #expect(answer.first == 2 && answer.between == [0.25, 0.25, 0.25, 0.25, 0.5] && answer.whole == 4)
    #expect(answer.promptTokens == 7 && answer.tokens == 6 && answer.isWhole && answer.failure == nil)
    #expect(answer.drafted == 5 && answer.accepted == 3)
  }

  @Test func `without ids an event with text is a token, and one without is none`() {
    var answer = LoadAnswer()
    answer.take(event(["choices": [["index": 0, "text": ""]]]), at: 1)
    answer.take(event(["choices": [["index": 0, "text": "a"]]]), at: 2)
    answer.take(event(["choices": [["index": 0, "text": "b"]]]), at: 3)
    #expect(answer.first == 2 && answer.between == [1])
  }

  @Test func `an error in a stream is a failure, and so is what is no JSON`() {
    var answer = LoadAnswer()
    answer.take(event(["error": ["message": "no"]]), at: 1)
    #expect(answer.failure == "no")
    var other = LoadAnswer()
    other.take(Array("data: {".utf8), at: 1)
    #expect(other.failure != nil)
  }

  @Test func `an address has a host, a port and what paths begin with`() throws {
    let plain = try LoadAddress("http://127.0.0.1:8400/v1/")
    #expect(plain.host == "127.0.0.1" && plain.port == 8400 && plain.base.isEmpty)
    let other = try LoadAddress("http://[::1]:80/a/b")
    #expect(other.host == "::1" && other.port == 80 && other.base == "/a/b")
    #expect(try LoadAddress("http://models.test").port == 80)
  }

  @Test(arguments: [
    "", "127.0.0.1:8400", "https://127.0.0.1", "http://", "http://:80", "http://a:0", "http://a:65536", "http://a:b",
    "http://a:1:2", "http://[::1", "http://[::1]x", "http://a\r\nb", "http://a/\r\nX: y",
  ])
  func `what is no address of a server is refused`(text: String) {
    #expect(throws: LoadError.address(text: text)) { _ = try LoadAddress(text) }
  }

  private func result(_ server: String, _ count: Int, _ seconds: Double) -> LoadResult {
    var answer = LoadAnswer()
    answer.take(tokens(1), at: 1)
    answer.take(event(["choices": [], "usage": ["prompt_tokens": 3, "completion_tokens": 12]]), at: 2)
    answer.take(Array("data: [DONE]".utf8), at: 2)
    return LoadResult(server: server, atOnce: count, answers: [answer], seconds: seconds)
  }

  @Test func `a report compares servers, and says how one of them scales`() {
    var options = LoadOptions()
    options.atOnce = [1, 4]
    let report = LoadReport(
      servers: ["http://a", "http://b,c"], options: options,
      results: [
        result("http://a", 1, 2), result("http://b,c", 1, 4), result("http://a", 4, 1), result("http://b,c", 4, 2),
      ])
    #expect(report.ratio(at: 1) == 2 && report.ratio(at: 4) == 2 && report.ratio(at: 8) == nil)
    let scaling = report.scaling(of: "http://a")
    #expect(scaling?.many == 4 && scaling?.few == 1 && scaling?.times == 2)
    let rows = report.csv.split(separator: "\n")
    #expect(rows.count == 5 && rows[0].hasPrefix("server,at_once,requests,"))
    #expect(
      rows[2] == "\"http://b,c\",1,1,3,12,4.000000,3.000,1.000000,1.000000,1.000000,"
        + "0.000000,0.000000,0.000000,2.000000,2.000000,2.000000,0,0")
    #expect(LoadReport.table.recognizes(Array(report.csv.utf8)))
    #expect(BenchReport.picture.recognizes(Array(report.svg.utf8)))
    #expect(report.json["verify_runner_bench_serve"]?.intValue == 1)
  }
}
