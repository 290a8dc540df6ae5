import Files
import Foundation
import TestSupport
import Testing

/// Results that go into pipes and devices.
@Suite struct PipeResultTests {
  private static let kind = ResultFile.Kind("a note") { _ in false }

  @Test func `a pipe that nobody reads is refused by name, and is a pipe still`() throws {
    let scratch = try ScratchFolder()
    #expect(mkfifo(scratch["pipe"], 0o600) == 0)
    let result = ResultFile(scratch.at("pipe"), PipeResultTests.kind)
    try result.check()
    #expect(throws: StorageError.pipeUnread(path: scratch.at("pipe"))) { try result.write([1, 2], patience: 0) }
    // Behind a link, too.
    try scratch.link("link", to: scratch["pipe"])
    #expect(throws: StorageError.pipeUnread(path: scratch.at("link"))) {
      try ResultFile(scratch.at("link"), PipeResultTests.kind).write([1, 2], patience: 0)
    }
    #expect(try scratch.status("pipe").st_mode & S_IFMT == S_IFIFO)
  }

  @Test func `a pipe and a device are known, behind a link too, and a file and nothing are none`() throws {
    let scratch = try ScratchFolder()
    #expect(mkfifo(scratch["pipe"], 0o600) == 0)
    try scratch.link("link", to: scratch["pipe"])
    for name in ["pipe", "link"] { #expect(try ResultFile(scratch.at(name), PipeResultTests.kind).isStreamed()) }
    #expect(try ResultFile("/dev/null", PipeResultTests.kind).isStreamed())
    let own = ResultFile.Kind("a note") { _ in true }
    try scratch.put("note", at: "file")
    for name in ["file", "nothing"] { #expect(try !ResultFile(scratch.at(name), own).isStreamed()) }
  }

  @Test func `a pipe with a reader gets the whole result, and its file stays what it is`() throws {
    let scratch = try ScratchFolder()
    #expect(mkfifo(scratch["pipe"], 0o600) == 0)
    let reader = open(scratch["pipe"], O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(reader) }
    try ResultFile(scratch.at("pipe"), PipeResultTests.kind).write(Array("two words\n".utf8), patience: 0)
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = read(reader, &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "two words\n")
    #expect(try scratch.status("pipe").st_mode & S_IFMT == S_IFIFO)
  }
}
