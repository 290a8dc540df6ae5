import CKernels
import Foundation
import Synchronization
import Testing

/// Helpers of a pool leave the processor of their caller.
@Suite struct ProcessorTests {
  @Test func `a thread that avoids a processor runs on another`() async {
    guard cambium_processor() >= 0, ProcessInfo.processInfo.activeProcessorCount > 1 else { return }
    let met = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
      let thread = Thread {
        var met = 0
        for _ in 0..<50 {
          let processor = cambium_processor()
          if cambium_avoid_processor(processor) == 0 || cambium_processor() == processor { met += 1 }
        }
        continuation.resume(returning: met)
      }
      thread.start()
    }
    #expect(met == 0)
  }

  @Test func `a processor that is not there is not avoided`() {
    #expect(cambium_avoid_processor(-1) == 0)
    #expect(cambium_avoid_processor(1 << 30) == 0)
  }
}
