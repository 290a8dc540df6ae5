import Files
import Foundation
import SystemPackage
import Threads

extension Terminal {
  /// Most bytes of standard input: far more than any prompt.
  private static let mostInput = 64 << 20

  /// Standard input to its end.
  /// - Throws: `FileError` when it cannot be read, such as a folder, or is too long; `CancellationError` when a stop was
  ///   asked for before its end.
  package static func input() throws -> [UInt8] {
    let name: FilePath = "standard input"
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      guard StopSignal.shared.wait(for: STDIN_FILENO, .reading) else { throw CancellationError() }
      let count = piece.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        throw FileError.read(path: name, reason: "\(String(cString: strerror(errno))) (errno \(errno))")
      }
      guard bytes.count + count <= mostInput else {
        throw FileError.tooLarge(path: name, limit: mostInput, found: bytes.count + count)
      }
      bytes += piece[..<count]
    }
  }
}
