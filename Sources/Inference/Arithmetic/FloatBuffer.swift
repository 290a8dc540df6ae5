#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// f32 numbers at an address that does not move, a multiple of a cache line: parameters, state and scratch memory of
/// the runner.
///
/// Whoever writes it keeps others from it meanwhile; the threads of one pass write disjoint parts.
final class FloatBuffer: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>
  private let memory: UnsafeMutableRawPointer

  private static let line = 64

  /// `count` zeros. The system hands out zeroed pages, so memory that is never touched costs nothing.
  init(count: Int) {
    self.count = count
    let bytes = count * MemoryLayout<Float>.stride + 2 * FloatBuffer.line
    if let zeroed = calloc(1, bytes) {
      memory = zeroed
    } else {
      // Swift's own allocation ends the process when there is no memory, with a message.
      memory = .allocate(byteCount: bytes, alignment: FloatBuffer.line)
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }
    pointer = memory.alignedUp(toMultipleOf: FloatBuffer.line).bindMemory(to: Float.self, capacity: max(1, count))
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
    }
  }

  deinit { free(memory) }

  /// A copy of the numbers.
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
