import Files
import Foundation
import SystemPackage
import Threads

/// The lines of standard input, one at a time, for somebody who types them. A stop signal ends the waiting.
struct TerminalLines {
  private var bytes: [UInt8] = []
  private var isOver = false
  /// The longest line, far more than anybody types.
  private static let longest = 4 << 20

  /// The next line, without its end; nil after the last.
  /// - Throws: `FileError` for an input that cannot be read, or a line without end; `CancellationError` for a stop.
  mutating func next() throws -> String? {
    while true {
      if let end = bytes.firstIndex(of: 0x0A) {
        defer { bytes.removeFirst(end + 1) }
        return String(decoding: bytes[..<end], as: UTF8.self)
      }
      guard !isOver else {
        defer { bytes = [] }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
      }
      try read()
    }
  }

  private mutating func read() throws {
    let name: FilePath = "standard input"
    guard bytes.count <= Self.longest else {
      throw FileError.tooLarge(path: name, limit: Self.longest, found: bytes.count)
    }
    guard StopSignal.shared.wait(for: STDIN_FILENO, .reading) else { throw CancellationError() }
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let count = piece.withUnsafeMutableBytes { Foundation.read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { return }
      throw FileError.read(path: name, reason: "\(String(cString: strerror(errno))) (errno \(errno))")
    }
    isOver = count == 0
    bytes += piece[..<max(0, count)]
  }
}
