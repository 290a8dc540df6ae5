#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How many files the process may have open at a time.
package func openFilesLimit() -> Int {
  var limit = rlimit()
  #if canImport(Glibc)
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    let kind = RLIMIT_NOFILE
  #endif
  guard getrlimit(kind, &limit) == 0 else { return 0 }
  return Int(clamping: limit.rlim_cur)
}

/// Raises the number of files that the process may have open, as far as it may without asking anybody.
package func raiseOpenFilesLimit() {
  var limit = rlimit()
  #if canImport(Glibc)
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    let kind = RLIMIT_NOFILE
  #endif
  guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
  // macOS refuses more than this, whatever it says of the limit.
  limit.rlim_cur = min(limit.rlim_max, 10_240)
  setrlimit(kind, &limit)
}
