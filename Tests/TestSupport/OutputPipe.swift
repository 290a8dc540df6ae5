import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A pipe for a child's stream, to wait for what the child says.
package final class OutputPipe {
  private let reader: Int32
  /// The end for the child.
  package let writer: Int32
  private var text: [UInt8] = []
  private var writerIsOpen = true

  package init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CambiumProcess.Failure(description: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    closeWriter()
    close(reader)
  }

  /// To be called once the child has its own: the pipe ends when the child does.
  package func closeWriter() {
    if writerIsOpen { close(writer) }
    writerIsOpen = false
  }

  /// Puts so much into the pipe that it takes nothing more.
  package func fill() {
    // The flag is the pipe's, so the child would have it too.
    let flags = fcntl(writer, F_GETFL)
    _ = fcntl(writer, F_SETFL, flags | O_NONBLOCK)
    let bytes = [UInt8](repeating: 0, count: 4096)
    while write(writer, bytes, bytes.count) > 0 {}
    _ = fcntl(writer, F_SETFL, flags)
  }

  /// Waits until a word was said; returns whether it was before the end.
  package func wait(for word: String) -> Bool {
    while !String(decoding: text, as: UTF8.self).contains(word) {
      guard readMore() else { return false }
    }
    return true
  }

  /// Everything that was said, to the end.
  package func readToEnd() -> String {
    while readMore() {}
    return String(decoding: text, as: UTF8.self)
  }

  private func readMore() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var count = read(reader, &buffer, buffer.count)
    while count < 0, errno == EINTR { count = read(reader, &buffer, buffer.count) }
    guard count > 0 else { return false }
    text += buffer[..<count]
    return true
  }
}
