import Digests
import Foundation
import Testing

/// `SHA256SUMS` has one text for one list.
@Suite struct ChecksumListTests {
  private let a = SHA256Digest.of([1])
  private let b = SHA256Digest.of([2])

  private var list: String { "\(a.hex)  a.txt\n\(b.hex)  b/c.txt\n" }

  private func read(_ text: String) -> ChecksumList? { try? ChecksumList(reading: Array(text.utf8)) }

  @Test func `a list reads back as it was written`() throws {
    let list = try #require(ChecksumList([("b/c.txt", b), ("a.txt", a)]))
    #expect(list.bytes == Array(self.list.utf8))
    #expect(try ChecksumList(reading: list.bytes) == list)
    #expect(list["a.txt"] == a && list["b/c.txt"] == b && list["a.tx"] == nil && list["c"] == nil)
    #expect(try ChecksumList(reading: []).entries.isEmpty)
  }

  @Test func `the same said in other words is refused with its line`() throws {
    let (first, second) = ("\(a.hex)  a.txt\n", "\(b.hex)  b/c.txt\n")
    let others = [
      "\n" + list, first + "\n" + second, list + "\n", second + first, first + first + second, String(list.dropLast()),
      list.replacingOccurrences(of: "  ", with: " *"), list.replacingOccurrences(of: "\n", with: "\r\n"),
      "\(a.hex.uppercased())  a.txt\n" + second, "\(a.hex)  ./a.txt\n" + second, "\(a.hex)  ../a.txt\n" + second,
      "\(a.hex)   a.txt\n\(b.hex)  \u{7f}\n", "\(a.hex)  \n", "\(a.hex.dropLast())  a.txt\n", " " + list, "#\n" + list,
    ]
    for text in others where text != list { #expect(read(text) == nil, "\(text)") }
    let error = #expect(throws: ChecksumList.Malformed.self) {
      try ChecksumList(reading: Array((first + first).utf8))
    }
    #expect(error?.line == 2 && error?.expected == "a name behind a.txt")
    #expect(read(list) != nil)
  }

  @Test func `every byte of a list counts`() throws {
    let bytes = Array(list.utf8)
    let whole = try ChecksumList(reading: bytes)
    for at in bytes.indices {
      for mask in [UInt8(1), 0x20, 0x80] {
        var other = bytes
        other[at] ^= mask
        #expect((try? ChecksumList(reading: other)) != whole, "byte \(at)")
      }
    }
  }

  @Test func `names are bytes: two spellings of one word are two files`() throws {
    let (one, two) = ("\u{E9}.txt", "e\u{301}.txt")
    let list = try #require(ChecksumList([(one, a), (two, b)]))
    #expect(list.entries.count == 2 && list[one] == a && list[two] == b)
    #expect(ChecksumList([(one, a)])?[two] == nil)
    #expect(ChecksumList([(one, a), (one, a)]) == nil)
  }

  @Test(arguments: ["", "/a", "a//b", "../a", "a/../b", "a\nb", "a\rb", "a\u{0}b", "a\u{1b}[2Jb"])
  func `a name that could leave the folder or end a line cannot be listed`(name: String) {
    #expect(!ChecksumList.canList(name) && ChecksumList([(name, a)]) == nil)
  }
}
