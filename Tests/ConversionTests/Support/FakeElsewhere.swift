import Checkpoint
import Files
import Foundation
import Safetensors
import SystemPackage
import Threads

/// A folder's model as one that stays on the hub: the small files in a folder, of the weights what is asked for. It remembers
/// what that was.
final class FakeElsewhere: ModelElsewhere {
  static let commit = String(repeating: "a1", count: 20)

  /// What was asked for of a shard.
  struct Read: Sendable {
    let shard: String
    let range: Range<Int>
  }

  let folder: FilePath
  let names: [String]
  private let source: String
  private let log = Guarded<[Read]>([])
  private let fetched = Guarded<[Read]>([])

  /// Whether something is to be read of it in another way than it is.
  private let flipped: Guarded<(shard: String, byte: Int)?>

  /// - Parameters:
  ///   - source: The model's folder.
  ///   - place: Takes the small files.
  init(_ source: String, in place: String, flipped: (shard: String, byte: Int)? = nil) throws {
    self.source = source
    self.flipped = Guarded(flipped)
    let path = place + "/" + FakeElsewhere.commit
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    names = try FileManager.default.contentsOfDirectory(atPath: source).sorted()
    for name in names where !name.hasSuffix(".safetensors") && !exists(path + "/" + name) {
      try FileManager.default.copyItem(atPath: source + "/" + name, toPath: path + "/" + name)
    }
    folder = FilePath(path)
  }

  var commit: String { FakeElsewhere.commit }

  var totalBytes: Int { 1 << 40 }

  func statedDigest(_ name: String) -> String? { nil }

  func shard(_ name: String) throws -> SafetensorsFile {
    let flipped = flipped.withLock { $0 }.flatMap { $0.shard == name ? $0.byte : nil }
    let bytes = Bytes(
      path: FilePath("hub:org/name@\(commit)/\(name)"), file: try ReadOnlyFile(path: FilePath(source + "/" + name)),
      flipped: flipped
    ) { [self] range in log.withLock { $0.append(Read(shard: name, range: range)) } }
    return try SafetensorsFile(reading: bytes)
  }

  func keep(in folder: FilePath) throws { try Folder.create(folder) }

  func fetch(
    _ stretches: [(shard: String, ranges: [Range<Int>])], advanced: @escaping @Sendable (_ bytes: Int, String) -> Void
  ) throws {
    for (shard, ranges) in stretches {
      for range in ranges {
        fetched.withLock { $0.append(Read(shard: shard, range: range)) }
        advanced(range.count, shard)
      }
    }
  }

  /// Everything that was asked for.
  var reads: [Read] { log.withLock { $0 } }
  /// What was wanted here before it was read.
  var wanted: [Read] { fetched.withLock { $0 } }
}

private struct Bytes: ShardBytes {
  let path: FilePath
  let file: ReadOnlyFile
  let flipped: Int?
  let read: @Sendable (Range<Int>) -> Void

  var size: Int { file.size }
  var identity: FileIdentity { FileIdentity(device: 0, inode: 7, size: size, modified: 0, changed: 0) }
  func currentIdentity() throws(FileError) -> FileIdentity { identity }

  func readBytes(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    read(offset..<offset + count)
    var bytes = try file.readBytes(count: count, at: offset)
    if let flipped, (offset..<offset + count).contains(flipped) { bytes[flipped - offset] ^= 1 }
    return bytes
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    buffer.copyBytes(from: try readBytes(count: buffer.count, at: offset))
  }
}
