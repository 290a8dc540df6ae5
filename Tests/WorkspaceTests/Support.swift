import Foundation
import Threads

#if canImport(Glibc)
  import Glibc
#endif

/// A folder of its own for one test.
struct Scratch: Sendable {
  let path: String

  /// All of a process, removed when it ends: an object's own end may come before the call that was given its path.
  private static let all = Guarded<[String]>([])
  private static let cleaning: Void = {
    _ = atexit { for path in Scratch.all.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) } }
  }()

  init(beneath base: String = FileManager.default.temporaryDirectory.path) throws {
    Self.cleaning
    path = base + "/cambium-workspace-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    Self.all.withLock { [path] in $0.append(path) }
  }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Makes a file without any help from the code under test.
  @discardableResult
  func put(_ text: String, at name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  func put(_ bytes: [UInt8], at name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: self(name)))) }
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: self(name), withDestinationPath: target)
  }
  func status(_ name: String) throws -> stat {
    var status = stat()
    guard lstat(self(name), &status) == 0 else { throw CocoaError(.fileNoSuchFile) }
    return status
  }
}

/// Writes over one byte in place and sets mtime back, as a program that hides its edit does.
func damageSecretly(_ path: String, at offset: Int) throws {
  var before = stat()
  guard stat(path, &before) == 0 else { throw CocoaError(.fileNoSuchFile) }
  let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  try handle.seek(toOffset: UInt64(offset))
  let byte = try handle.read(upToCount: 1)?.first ?? 0
  try handle.seek(toOffset: UInt64(offset))
  try handle.write(contentsOf: Data([byte ^ 1]))
  try handle.close()
  #if canImport(Darwin)
    let times = [before.st_atimespec, before.st_mtimespec]
  #else
    let times = [before.st_atim, before.st_mtim]
  #endif
  guard utimensat(AT_FDCWD, path, times, 0) == 0 else { throw CocoaError(.fileWriteUnknown) }
}

/// SplitMix64 (Steele, Lea, Flood 2014): numbers that a seed decides.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
