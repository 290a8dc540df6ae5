import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A disk that keeps a byte wrongly, for tests: with `CAMBIUM_FAULTY_DISK=<end of a path>:<n>` in the environment, the
/// middle byte of the n-th write to files whose paths end so has one bit flipped on the disk, and nothing is said.
/// Without the variable each write costs one comparison.
final class FaultyDisk: Sendable {
  /// Nil unless a test asks for it.
  static let shared = getenv("CAMBIUM_FAULTY_DISK").flatMap { FaultyDisk(String(cString: $0)) }

  private let suffix: String
  private let pass: Int
  private let count = Atomic<Int>(0)

  private init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let pass = Int(text[text.index(after: colon)...]), pass > 0 else {
      return nil
    }
    suffix = String(text[..<colon])
    self.pass = pass
  }

  /// Told of each write when it is done.
  func didWrite(_ bytes: UnsafeRawBufferPointer, at offset: Int, to descriptor: Int32, path: FilePath) {
    guard !bytes.isEmpty, path.string.hasSuffix(suffix), count.add(1, ordering: .relaxed).newValue == pass else {
      return
    }
    var byte = bytes[bytes.count / 2] ^ 1
    _ = pwrite(descriptor, &byte, 1, off_t(offset + bytes.count / 2))
  }
}
