import Foundation
import SystemPackage
import Testing

import Benchmarking

@Suite struct MachineTests {
  #if os(Linux)
    @Test func `what the system says of the processor is read`() {
      #expect(
        Machine.processorName("processor\t: 0\nmodel name\t: Some CPU: 3 GHz\nmodel name\t: x\n") == "Some CPU: 3 GHz")
      #expect(Machine.processorName("") == "unknown")
      #expect(Machine.bytes("32K") == 32768 && Machine.bytes("2M") == 2_097_152 && Machine.bytes("512") == 512)
      #expect(Machine.bytes("K") == nil && Machine.bytes("9223372036854775807G") == nil)
      #expect(Machine.processorCount("0-3,8") == 5 && Machine.processorCount("7") == 1)
      #expect(Machine.processorCount("") == 0 && Machine.processorCount("3-1,x,0-99999999999") == 0)
    }

    @Test func `caches are read from a folder, and a broken one gives none`() throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("caches-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (index, size) in ["48K", "nonsense"].enumerated() {
        let path = "\(folder)/index\(index)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in [("level", "1\n"), ("type", "Data\n"), ("size", size + "\n"), ("shared_cpu_list", "0-1\n")]
        {
          try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        }
      }
      #expect(Machine.caches(FilePath(folder)) == [.init(level: 1, kind: "data", bytes: 49152, sharedBy: 2)])
      #expect(Machine.caches("/no/such/folder").isEmpty)
    }

    @Test func `memory of the process is counted`() throws {
      #expect(ProcessMemory.kilobytes("RssAnon:", "VmRSS:\t 12 kB\nRssAnon:\t     7 kB\n") == 7168)
      #expect(ProcessMemory.kilobytes("RssAnon:", "RssAnon:\n") == nil)
      // What is written to is there; what other tests take and give back in the meantime does not matter.
      let block = [UInt8](repeating: 1, count: 256 << 20)
      let now = try #require(ProcessMemory.now.anonymousBytes)
      #expect(block.count == 256 << 20 && now > 248 << 20)
    }
  #endif

  @Test func `the probe names a processor and its instructions`() {
    let machine = Machine.probe()
    #expect(!machine.processor.isEmpty && machine.processors > 0 && machine.memoryBytes > 0)
    #expect(["portable", "avx2", "avx512", "neon"].contains(machine.simd))
  }

  @Test func `limits are measured, and every byte and product counts`() {
    // Of a busy machine nothing can be said but that it does something, and less than none can.
    let bandwidth = ReadBandwidth.measure(threads: 2, cacheBytes: 0, rounds: 3)
    #expect(bandwidth > 0 && bandwidth < 1e13)
    let rate = ProductRate.measure(threads: 2, rounds: 1)
    #expect(rate > 0 && rate < 1e15)
  }
}
