import CKernels
import Foundation
import Testing

/// Transfers that pass by the page cache.
@Suite struct DirectTransferTests {
  @Test func alignedBlocksAndAnUnalignedEnd() throws {
    try withFolder { folder in
      let path = folder + "/f"
      let descriptor = cambium_open_direct(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      // A file system without such transfers says so; nothing more can be tried there.
      if descriptor < 0, errno == EINVAL { return }
      #expect(descriptor >= 0)
      defer { close(descriptor) }
      var memory = 0
      var offset = 0
      cambium_direct_alignment(descriptor, &memory, &offset)
      #expect(memory > 0 && memory & (memory - 1) == 0 && 65_536 % offset == 0)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: max(memory, 4096))
      defer { buffer.deallocate() }
      for i in buffer.indices { buffer[i] = UInt8(truncatingIfNeeded: i / 7) }
      #expect(pwrite(descriptor, buffer.baseAddress, 65_536, 0) == 65_536)
      #expect(cambium_set_direct(descriptor, 0) == 0)
      #expect(pwrite(descriptor, buffer.baseAddress, 100, 65_536) == 100)
      #expect(cambium_set_direct(descriptor, 1) == 0)
      let content = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(content == Array(buffer) + Array(buffer[..<100]))
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
      #expect(pread(descriptor, buffer.baseAddress, 65_536, 0) == 65_536)
      #expect(Array(buffer) == Array(content[..<65_536]))
    }
  }

  @Test func failureLeavesTheReason() {
    #expect(cambium_open_direct("/nonexistent/f", O_RDONLY | O_CLOEXEC, 0) == -1 && errno == ENOENT)
    #expect(cambium_set_direct(-1, 1) == -1 && errno == EBADF)
  }
}
