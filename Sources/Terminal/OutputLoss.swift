import Diagnostics
import Files
import Foundation
import Synchronization
import Threads

/// Why standard output did not take all that was said: 0 for nothing lost, else the number of the first error. A word
/// without a lock, because any thread may write.
private let firstLoss = Atomic<Int32>(0)

/// What was lost of the results of this process. A lost result never stops the work: a run goes on to its end and then
/// says so.
package enum OutputLoss {
  /// Remembers why a write to standard output failed.
  static func note(_ code: Int32) {
    _ = firstLoss.compareExchange(expected: 0, desired: code == 0 ? EIO : code, ordering: .relaxed)
  }

  /// A code that is no error number of the system.
  private static let stopped: Int32 = -1

  /// Remembers that nobody read while a stop was asked for.
  static func noteStop() { note(stopped) }

  private static var code: Int32 { firstLoss.load(ordering: .relaxed) }

  /// Whether who read the results left: nobody wants the rest.
  package static var isReaderGone: Bool { code == EPIPE }

  /// Ends the process if anything was lost: quietly when the reader left, else with a line on standard error.
  static func endIfAny() {
    guard code != 0 else { return }
    if code == stopped { exit(StopSignal.shared.exitCode ?? ExitStatus.interrupted.rawValue) }
    if !isReaderGone {
      let reason = "\(String(cString: strerror(code))) (errno \(code))"
      let lost = ProgramError.outputLost(reason: reason).diagnostic
      // One line: nothing went wrong but this.
      Terminal.note("error: \(lost.code): \(lost.summary)")
    }
    exit(ExitStatus.io.rawValue)
  }
}

extension Terminal {
  /// Makes the streams fit to be written to, whatever the parent left. Before anything else in a process.
  ///
  /// A closed pipe, and a limit on the size of files, become errors of one write. A stream that is closed is opened on
  /// the null device: the next file that is opened would get its descriptor, and what is printed would go into it.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    raiseOpenFilesLimit()
    for descriptor in [STDIN_FILENO, Stream.output.rawValue, Stream.error.rawValue]
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      if descriptor == Stream.output.rawValue { OutputLoss.note(EBADF) }
      // The lowest free descriptor is taken, which is this one.
      _ = open("/dev/null", O_RDWR)
    }
  }
}
