#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Processor time of this process, user and system, in seconds.
enum ProcessorTime {
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
