import TestSupport
import SystemPackage
import Digests
import Files
import Foundation
import StrictJSON
import Testing
import Workspace

@Suite struct JournalTests {
  let key = SHA256Digest.of([1])

  /// The records 0 ..< count.
  func records(_ count: Int) -> [JSONValue] {
    (0..<count).map { .object([("tensor", .string("läyer \"\($0)\"")), ("unit", .int($0))]) }
  }

  func fill(_ scratch: ScratchFolder, _ count: Int) throws {
    let (journal, found) = try Journal.open(folder: scratch.folder, key: key)
    #expect(found.isEmpty)
    try journal.append(records(count))
    try journal.sync()
    try journal.close()
  }

  func reopen(_ scratch: ScratchFolder) throws -> [JSONValue] {
    let (journal, found) = try Journal.open(folder: scratch.folder, key: key)
    try journal.close()
    return found
  }

  @Test func `records come back`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 3)
    let (journal, found) = try Journal.open(folder: scratch.folder, key: key)
    #expect(found == records(3))
    try journal.append([.object([])])
    try journal.append([])
    #expect(try reopen(scratch) == records(3) + [.object([])])
    try journal.remove()
    #expect(try scratch.names().isEmpty)
  }

  @Test func `the check is the start of the digest of the line without it`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 1)
    let line = try #require(try scratch.content("journal.jsonl").split(separator: "\n").last)
    let object = String(decoding: JSONWriter.canonical(records(1)[0]), as: UTF8.self)
    let check = SHA256Digest.of(Array(object.utf8)).hex.prefix(16)
    #expect(line == object.dropLast() + ",\"crc\":\"\(check)\"}")
  }

  @Test func `a torn last line is dropped at every cut`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 3)
    let whole = try scratch.bytes("journal.jsonl")
    let lastStart = try #require(whole.dropLast().lastIndex(of: UInt8(ascii: "\n"))) + 1
    for cut in lastStart..<whole.count {
      try scratch.put(Array(whole[..<cut]), at: "journal.jsonl")
      #expect(try reopen(scratch) == records(2), "cut at \(cut)")
      #expect(try scratch.bytes("journal.jsonl") == Array(whole[..<lastStart]))
    }
  }

  @Test func `a torn header starts anew`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 1)
    let whole = try scratch.bytes("journal.jsonl")
    let header = try #require(whole.firstIndex(of: UInt8(ascii: "\n"))) + 1
    for cut in 0..<header {
      try scratch.put(Array(whole[..<cut]), at: "journal.jsonl")
      #expect(try reopen(scratch).isEmpty)
      #expect(try scratch.bytes("journal.jsonl") == Array(whole[..<header]))
    }
  }

  @Test func `a flipped bit cuts there and after it`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 3)
    let whole = try scratch.bytes("journal.jsonl")
    let ends = whole.indices.filter { whole[$0] == UInt8(ascii: "\n") }
    for offset in (ends[1] + 1)...ends[2] {
      var bytes = whole
      bytes[offset] ^= UInt8(1 << (offset % 8))
      try scratch.put(bytes, at: "journal.jsonl")
      #expect(try reopen(scratch) == records(1), "bit at \(offset)")
      #expect(try scratch.bytes("journal.jsonl").count == ends[1] + 1)
    }
  }

  @Test func `a journal goes on after a torn line`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 2)
    try scratch.put(try scratch.bytes("journal.jsonl").dropLast(5), at: "journal.jsonl")
    let (journal, found) = try Journal.open(folder: scratch.folder, key: key)
    #expect(found == records(1))
    try journal.append(Array(records(3)[1...]))
    #expect(try reopen(scratch) == records(3))
  }

  @Test func `another key starts anew`() throws {
    let scratch = try ScratchFolder.lasting()
    try fill(scratch, 3)
    let (journal, found) = try Journal.open(folder: scratch.folder, key: SHA256Digest.of([2]))
    #expect(found.isEmpty)
    try journal.close()
    #expect(try reopen(scratch).isEmpty)
  }

  @Test func `threads do not mix their lines`() async throws {
    let scratch = try ScratchFolder.lasting()
    let (journal, _) = try Journal.open(folder: scratch.folder, key: key)
    await withTaskGroup(of: Void.self) { group in
      for unit in 0..<200 {
        group.addTask {
          let json = JSONValue.object([("unit", .int(unit))])
          #expect(throws: Never.self) { try journal.append([json, json]) }
        }
      }
    }
    let units = try reopen(scratch).compactMap { $0["unit"]?.intValue }
    #expect(units.count == 400)
    #expect(stride(from: 0, to: 400, by: 2).allSatisfy { units[$0] == units[$0 + 1] })
    #expect(Set(units) == Set(0..<200))
  }

  @Test func `what is no object is refused, and a link in the journal's place`() throws {
    let scratch = try ScratchFolder.lasting()
    let (journal, _) = try Journal.open(folder: scratch.folder, key: key)
    #expect(throws: StorageError.self) { try journal.append([.object([]), .int(1)]) }
    #expect(try reopen(scratch).isEmpty)
    try journal.remove()
    try scratch.link("journal.jsonl", to: scratch["other"])
    #expect(throws: StorageError.targetIsLink(path: scratch.at("journal.jsonl"))) {
      try Journal.open(folder: scratch.folder, key: key)
    }
  }

  @Test func `a pipe in the journal's place is refused by name and holds nobody up`() throws {
    let scratch = try ScratchFolder.lasting()
    #expect(mkfifo(scratch["journal.jsonl"], 0o600) == 0)
    #expect(throws: StorageError.targetKind(path: scratch.at("journal.jsonl"))) {
      try Journal.open(folder: scratch.folder, key: key)
    }
  }
}

extension ScratchFolder {
  func put(_ bytes: ArraySlice<UInt8>, at name: String) throws { try put(Array(bytes), at: name) }
}
