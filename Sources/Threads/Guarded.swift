import Synchronization

#if CAMBIUM_TSAN
  import CKernels
#endif

/// The lock of the house: a value that is reached only while the lock is held.
///
/// A `Mutex`, whose hand-over from one thread to the next the thread sanitizer does not see: built with `CAMBIUM_TSAN`
/// (`tools/sanitize thread`), each turn tells it. To wait for something, use ``Monitor``.
public struct Guarded<Value: ~Copyable>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>
  #if CAMBIUM_TSAN
    private let tag = SanitizerTag()
  #endif

  /// - Parameter value: What the lock protects.
  public init(_ value: consuming sending Value) { mutex = Mutex(value) }

  /// Calls `body` with the value, alone. It must not come back to the same lock.
  /// - Throws: what `body` throws.
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    #if CAMBIUM_TSAN
      let tag = tag
      return try mutex.withLock { (value: inout sending Value) throws(Failure) -> sending Result in
        tag.acquire()
        defer { tag.release() }
        return try body(&value)
      }
    #else
      return try mutex.withLock(body)
    #endif
  }
}

#if CAMBIUM_TSAN
  /// An address that stands for a lock where the sanitizer is told of it.
  private final class SanitizerTag: @unchecked Sendable {
    private let address = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)

    deinit { address.deallocate() }

    func acquire() { cambium_tsan_acquire(address) }
    func release() { cambium_tsan_release(address) }
  }
#endif
