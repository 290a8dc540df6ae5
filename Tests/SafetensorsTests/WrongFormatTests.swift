import TestSupport
import Safetensors
import Testing

@Suite struct WrongFormatTests {
  @Test(
    arguments: [
      (Array("PK".utf8) + [3, 4, 20, 0, 0, 0], "zip"), (Array("PK".utf8) + [3, 4, 0, 0, 0, 0], "zip"),
      (Array("GGUF".utf8) + [3, 0, 0, 0], "GGUF"), ([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46], "pickle"),
      ([0x80, 4, 0x95, 0, 0, 0, 0, 0], "pickle"), (Array("<!DOCTYPE html>".utf8), "HTML"),
      ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "gzip"),
    ] as [([UInt8], String)])
  func `a file of another format is named`(_ magic: [UInt8], _ name: String) {
    let found = refusal(of: magic + zeros(200))
    #expect(found?.code == "E_ST_WRONG_FORMAT")
    #expect(found?.found?.contains(name) == true)
  }

  @Test func `a zip whose magic is a possible length is still recognised`() {
    // 0x04034b50 bytes of header would fit into this file.
    let found = refusal(of: Array("PK".utf8) + [3, 4, 0, 0, 0, 0] + zeros(0x0403_4B50))
    #expect(found?.code == "E_ST_WRONG_FORMAT")
  }

  @Test func `a valid file whose length looks like pickle is read`() {
    // N = 0x0280: the first two bytes are those of pickle protocol 2.
    let file = blob(one + String(repeating: " ", count: 0x280 - one.utf8.count), zeros(4))
    #expect(file[0] == 0x80 && file[1] == 2)
    #expect(refusal(of: file) == nil)
  }
}
