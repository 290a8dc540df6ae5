#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// f32 numbers at an address that does not move: parameters, state and scratch memory of the runner.
///
/// Whoever writes it keeps others from it meanwhile; the threads of one pass write disjoint parts.
final class FloatBuffer: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>

  /// `count` zeros. The system gives zeroed pages, so memory that is never touched costs nothing.
  init(count: Int) {
    self.count = count
    let bytes = max(count, 16) * MemoryLayout<Float>.stride
    guard let memory = calloc(1, bytes) else {
      // Swift's own allocation ends the process too when there is no memory.
      pointer = .allocate(capacity: max(count, 16))
      pointer.initialize(repeating: 0, count: max(count, 16))
      return
    }
    pointer = memory.bindMemory(to: Float.self, capacity: max(count, 16))
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.update(from: base, count: source.count) }
    }
  }

  deinit { free(pointer) }

  /// A copy of the numbers.
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
