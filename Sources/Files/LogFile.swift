import SystemPackage
import Threads

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file to which lines are appended, opened at the first. A log that cannot be written stops nothing: what fails here is not
/// told, and what is no regular file, as a pipe that nobody reads, is left alone.
package final class LogFile: Sendable {
  private let path: FilePath
  private let file = Guarded<State>(.unopened)

  private enum State {
    case unopened
    case open(Int32)
    /// It could not be opened, and is not tried again.
    case none
  }

  /// - Parameter path: The file; it need not be there.
  package init(path: FilePath) { self.path = path }

  /// Appends a line, with its end, by one call of the system.
  package func append(_ line: [UInt8]) {
    file.withLock { file in
      if case .unopened = file { file = opened().map { .open($0) } ?? .none }
      guard case .open(let descriptor) = file else { return }
      var status = stat()
      // A new one has the mode of everything else in the folder, whatever the umask.
      if fstat(descriptor, &status) == 0, status.st_size == 0 { _ = fchmod(descriptor, 0o644) }
      _ = line.withUnsafeBytes { bytes in
        uninterrupted { write(descriptor, bytes.baseAddress, bytes.count) }
      }
    }
  }

  private func opened() -> Int32? {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let descriptor = uninterrupted { open(path, flags, 0o644) }
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.isRegularFile else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  deinit {
    file.withLock { file in
      if case .open(let descriptor) = file { close(descriptor) }
    }
  }
}
