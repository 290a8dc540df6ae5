import Foundation
import Testing

/// Weights streamed, written and read back on several threads.
@Suite(.serialized) struct WeightStreamTests {
  struct Refused: Error {}

  @Test func `the bytes are the same for all numbers of threads and budgets of memory`() throws {
    try withStream { first in
      #expect(first.plan.weights.count > 2)
      #expect(try first.stream(threads: 1).isComplete)
      let expected = try first.digests()
      for (threads, memory) in [(2, 64 << 20), (4, 256 << 20)] {
        try withStream { other in
          let seen = try other.stream(threads: threads, memory: memory)
          #expect(seen.isComplete)
          #expect(seen.bytes == seen.announced)
          #expect(try other.digests() == expected)
        }
      }
    }
  }

  @Test func `a stream that was stopped before its files were published goes on where it was`() throws {
    try withStream { fixture in
      #expect(throws: Refused.self) { try fixture.stream(threads: 3) { throw Refused() } }
      let seen = try fixture.stream(threads: 2)
      #expect(seen.isComplete)
      #expect(seen.resumed > 0)
      let resumed = try fixture.digests()
      try withStream { other in
        try other.stream(threads: 4)
        #expect(try other.digests() == resumed)
      }
    }
  }

  @Test func `damage between two runs is found and made again`() throws {
    try withStream { fixture in
      try fixture.stream(threads: 2)
      let expected = try fixture.digests()
      try withStream { other in
        #expect(throws: Refused.self) { try other.stream(threads: 2) { throw Refused() } }
        // The file that is not published yet.
        let files = try FileManager.default.contentsOfDirectory(atPath: other.folder + "/out").sorted()
        let name = try #require(files.first { $0.contains("safetensors") })
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: other.folder + "/out/" + name))
        try handle.seek(toOffset: try handle.seekToEnd() - 1000)
        try handle.write(contentsOf: Data(repeating: 0x5a, count: 100))
        try handle.close()
        #expect(try other.stream(threads: 4).isComplete)
        #expect(try other.digests() == expected)
      }
    }
  }
}
