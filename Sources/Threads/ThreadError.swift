import Diagnostics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What can go wrong with threads.
public enum ThreadError: CambiumError, Equatable {
  /// The system does not start a thread that the work cannot do without.
  case notStarted(name: String, errno: Int32)

  /// The status is that of work which goes on later: the system says no because a limit that all programs of a user or a
  /// container share is reached, the input is right, and what is done is kept.
  public var diagnostic: Diagnostic {
    switch self {
    case .notStarted(let name, let code):
      Diagnostic(
        "E_THREADS", "the system starts no more threads", expected: "a thread for \(name)",
        found: "\(strerror(code).map { String(cString: $0) } ?? "an error") (errno \(code))",
        next: "end other programs or raise the limits on processes (ulimit -u) and memory, "
          + "then run the same command again; finished work is kept", exit: .resumable)
    }
  }
}
