import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The first stop signal received, or 0. A lock-free word, because a handler may touch nothing else.
private let receivedSignal = Atomic<Int32>(0)

/// The handler: remembers the first signal; ends the process at the second.
private func rememberStop(_ number: Int32) {
  let first = receivedSignal.compareExchange(expected: 0, desired: number, ordering: .sequentiallyConsistent)
  if !first.exchanged { _exit(128 + number) }
}

/// Ignores a signal. Outside the type below, whose property `signal` would hide the call.
private func ignore(_ number: Int32) { _ = signal(number, SIG_IGN) }

/// The wish of the user, or of the machine, that the run ends soon.
///
/// Long work asks `isRequested` between its units, keeps what is done, and ends with `exitCode`. A second signal ends
/// the process at once; the crash safety of the work folder makes that safe too.
public struct StopSignal: Sendable {
  /// The one of this process.
  public static let shared = StopSignal()

  private init() {}

  /// Handles SIGINT and SIGTERM from now on. Ignores SIGPIPE, so that a closed pipe is an error of one write and not
  /// the end of the conversion, and SIGXFSZ, so that a file size limit is `E_FILE_TOO_LARGE`.
  public func install() {
    // Any lazy initialization must happen here and not inside a handler.
    _ = receivedSignal.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      #if canImport(Glibc)
        action.__sigaction_handler.sa_handler = rememberStop
      #else
        action.__sigaction_u.__sa_handler = rememberStop
      #endif
      // Interrupted system calls go on by themselves: the flag is asked for between units of work.
      action.sa_flags = SA_RESTART
      sigemptyset(&action.sa_mask)
      sigaction(number, &action, nil)
    }
    ignore(SIGPIPE)
    ignore(SIGXFSZ)
  }

  /// Whether a stop was asked for.
  public var isRequested: Bool { signal != nil }

  /// The signal that asked for it.
  public var signal: Int32? {
    let number = receivedSignal.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Takes back a stop that Ctrl-C asked for, where it was meant for a part of the work; the next one is the first again.
  /// - Returns: whether there was one. A stop that another signal asked for stays.
  public func takeBackInterrupt() -> Bool {
    receivedSignal.compareExchange(expected: SIGINT, desired: 0, ordering: .sequentiallyConsistent).exchanged
  }

  /// The exit status of a process that stops for this reason: 128 and the number of the signal.
  public var exitCode: Int32? { signal.map { 128 + $0 } }
}
