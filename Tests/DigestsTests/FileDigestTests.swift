import TestSupport
import SystemPackage
import Digests
import Testing

@Suite struct FileDigestTests {
  @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_001])
  func `every size around the buffer has its digest`(size: Int) throws {
    try withScratchFolder { folder in
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
      let result = try digestOfFile(atPath: FilePath(makeFile(bytes, folder)))
      #expect(result.bytes == size)
      #expect(result.digest == SHA256Digest.of(bytes))
    }
  }

  @Test func `missing files are said to be missing`() throws {
    try withScratchFolder { folder in
      let found = refusal { _ = try digestOfFile(atPath: FilePath(folder + "/none")) }
      #expect(found?.code == "E_FILE_MISSING")
      #expect(found?.exitStatus == .missingInput)
      #expect(found?.file == folder + "/none")
    }
  }
}
