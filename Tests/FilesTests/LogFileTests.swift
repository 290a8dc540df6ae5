import Files
import Foundation
import TestSupport
import Testing

/// A log is written where it can be, and holds nobody up.
@Suite struct LogFileTests {
  @Test func `lines are appended to what is there, by several writers`() throws {
    let scratch = try ScratchFolder()
    try scratch.put("before\n", at: "log")
    let (one, other) = (LogFile(path: scratch.at("log")), LogFile(path: scratch.at("log")))
    for (file, line) in [(one, "a\n"), (other, "b\n"), (one, "c\n")] { file.append(Array(line.utf8)) }
    #expect(scratch.text("log") == "before\na\nb\nc\n")
  }

  @Test func `a pipe that nobody reads is not waited for, and a link is not followed`() throws {
    let scratch = try ScratchFolder()
    #expect(mkfifo(scratch["pipe"], 0o600) == 0)
    LogFile(path: scratch.at("pipe")).append(Array("a\n".utf8))
    try scratch.put("mine", at: "victim")
    try scratch.link("link", to: scratch["victim"])
    LogFile(path: scratch.at("link")).append(Array("a\n".utf8))
    #expect(scratch.text("victim") == "mine")
  }

  @Test func `a pipe with a reader gets no log: it is no file`() throws {
    let scratch = try ScratchFolder()
    #expect(mkfifo(scratch["pipe"], 0o600) == 0)
    let both = open(scratch["pipe"], O_RDWR | O_NONBLOCK)
    defer { close(both) }
    LogFile(path: scratch.at("pipe")).append(Array("a\n".utf8))
    var byte: UInt8 = 0
    #expect(read(both, &byte, 1) == -1)
  }
}
