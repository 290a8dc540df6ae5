import CKernels
import Dispatch
import Inference
import Synchronization
import Threads

/// How fast the machine reads memory: what decoding is measured by, because a token reads every weight once.
public enum ReadBandwidth {
  /// Bytes a second of all threads together, the best of some rounds: other programs only ever make it less. Each round
  /// reads a buffer much larger than the caches once, with loads as wide as the processor has, some rounds with software
  /// prefetch.
  /// - Parameters:
  ///   - threads: Threads that read at once.
  ///   - cacheBytes: Bytes of the largest cache.
  ///   - rounds: How often the buffer is read.
  public static func measure(threads: Int, cacheBytes: Int, rounds: Int = 12) -> Double {
    let piece = 1 << 20
    let count = min(1 << 30, max(1 << 28, 8 * cacheBytes)) / piece
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count * piece, alignment: 4096)
    defer { memory.deallocate() }
    // Pages that were never written are one and the same page of zeros.
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: count * piece)
    let buffer = Buffer(base: UnsafeRawPointer(memory))
    let pool = WorkerPool(threads: threads)
    let words = Atomic<UInt64>(0)
    var best = 0.0
    for round in 0..<rounds {
      let ahead = [0, 1024, 4096][round % 3]
      let start = DispatchTime.now().uptimeNanoseconds
      pool.run(count: count, grain: 4) { range, _ in
        let found = cambium_read_memory(buffer.base + range.lowerBound * piece, range.count * piece, ahead)
        words.bitwiseXor(found, ordering: .relaxed)
      }
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
      if seconds > 0 { best = max(best, Double(count * piece) / seconds) }
    }
    // All words are equal and even in number: a sum of something else means that not all was read.
    return words.load(ordering: .relaxed) == 0 ? best : 0
  }

  private struct Buffer: @unchecked Sendable { let base: UnsafeRawPointer }
}
