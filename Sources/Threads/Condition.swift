#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A lock that a thread can sleep in until another one wakes it: the only kind of waiting in the house. ``Monitor`` is
/// the safe form; the pool, whose conditions are atomics, uses this one.
final class Condition: @unchecked Sendable {
  // In memory that does not move, which is what the system asks for.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let variable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    variable.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(variable, nil)
  }

  deinit {
    pthread_cond_destroy(variable)
    pthread_mutex_destroy(mutex)
    variable.deallocate()
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }

  /// Releases the lock, sleeps, and has it again on return. It may return without a reason: ask again.
  func wait() { pthread_cond_wait(variable, mutex) }

  /// Wakes all that wait. Called with the lock held.
  func wakeAll() { pthread_cond_broadcast(variable) }
}
