import Diagnostics
import Files
import Safetensors
import SystemPackage
import Threads

/// A shard that is read where it is: its header at once, anything else when it is asked for.
final class RemoteShard: ShardBytes {
  /// `hub:org/name@commit/file`: no path of this machine, so that nobody opens it by mistake.
  let path: FilePath
  let remote: RemoteFile
  /// Stretches that are on this machine, from this run or an earlier one; nil while nothing is kept.
  private let kept: Guarded<KeptStretches?>
  /// Stretches that were read, by where they begin.
  private let known = Guarded<[(begin: Int, bytes: [UInt8])]>([])
  /// Called before a short stretch is read that is not known: whoever knows what else will be asked for reads it, too.
  private let foresee: @Sendable () -> Void

  /// Bytes that are asked for first: nearly every header is shorter.
  static let firstBytes = 64 << 10

  init(_ remote: RemoteFile, kept: KeptStretches? = nil, foresee: @escaping @Sendable () -> Void) {
    self.remote = remote
    self.kept = Guarded(kept)
    self.foresee = foresee
    path = FilePath(untrusted: remote.pinned)
  }

  /// Keeps what was read until now, and what ``StretchFetch`` brings.
  func keep(in folder: FilePath) throws -> KeptStretches {
    let kept = try KeptStretches.made(folder, remote.file)
    for part in known.withLock({ $0 }) where !kept.has(part.begin..<part.begin + part.bytes.count) {
      try part.bytes.withUnsafeBytes { try kept.write($0, at: part.begin) }
      try kept.complete(part.begin..<part.begin + part.bytes.count)
    }
    try kept.keep()
    self.kept.withLock { $0 = kept }
    return kept
  }

  var size: Int { remote.file.size }

  /// A file of the hub has no inode, and does not change under its commit: what tells its content is the digest.
  var identity: FileIdentity {
    let number = UInt64(remote.file.etag.prefix(16), radix: 16) ?? 0
    return FileIdentity(device: 0, inode: number, size: size, modified: 0, changed: 0)
  }

  func currentIdentity() throws(FileError) -> FileIdentity { identity }

  func readBytes(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard offset >= 0, count >= 0, !overflow else {
      throw .read(path: path, reason: "\(count) bytes at \(offset) are out of range")
    }
    guard end <= size else { throw .short(path: path, expected: end, found: size) }
    do {
      return try read(offset..<end)
    } catch {
      throw RemoteShard.wrapped(error)
    }
  }

  private static func wrapped(_ error: any Error) -> FileError {
    error as? FileError ?? .elsewhere(error as? any CambiumError ?? HubError.unforeseen(reason: "\(error)"))
  }

  /// What is long goes into the buffer as it comes, and is nowhere else in memory.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    let (end, overflow) = offset.addingReportingOverflow(buffer.count)
    guard offset > 8, !overflow, end <= size, buffer.count > RemoteShard.shortBytes else {
      return buffer.copyBytes(from: try readBytes(count: buffer.count, at: offset))
    }
    if let kept = kept.withLock({ $0 }), kept.has(offset..<end) { return try kept.read(into: buffer, at: offset) }
    var filled = 0
    do {
      try remote.stream(offset..<end) { bytes in
        // It hands on what was asked for and no more.
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + bytes.count]).copyMemory(from: bytes)
        filled += bytes.count
      }
    } catch {
      throw RemoteShard.wrapped(error)
    }
  }

  private func read(_ range: Range<Int>) throws -> [UInt8] {
    if let bytes = bytes(range) { return bytes }
    if let kept = kept.withLock({ $0 }), kept.has(range) {
      var bytes = [UInt8](repeating: 0, count: range.count)
      try bytes.withUnsafeMutableBytes { try kept.read(into: $0, at: range.lowerBound) }
      return bytes
    }
    if range.lowerBound <= 8 {
      // The header: the first stretch, then exactly the rest of it.
      let first = min(size, RemoteShard.firstBytes)
      if bytes(0..<first) == nil { keep(0, try remote.read(0..<first)) }
      if range.upperBound <= first { return bytes(range) ?? [] }
      let whole = try (bytes(0..<first) ?? []) + remote.read(first..<range.upperBound)
      known.withLock { $0.removeAll { $0.begin == 0 } }
      keep(0, whole)
      return bytes(range) ?? []
    }
    if range.count <= RemoteShard.shortBytes {
      foresee()
      if let bytes = bytes(range) { return bytes }
    }
    return try remote.read(range)
  }

  /// Longest stretch that is kept.
  static let shortBytes = 64 << 10

  /// Reads stretches and keeps them; neighbours with little between them at once.
  func foreread(_ ranges: [Range<Int>]) throws {
    var joined: [Range<Int>] = []
    let kept = kept.withLock { $0 }
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound })
    where bytes(range) == nil && kept?.has(range) != true {
      if let last = joined.last, range.lowerBound - last.upperBound <= RemoteShard.shortBytes,
        range.lowerBound >= last.upperBound
      {
        joined[joined.count - 1] = last.lowerBound..<range.upperBound
      } else {
        joined.append(range)
      }
    }
    for range in joined { keep(range.lowerBound, try remote.read(range)) }
  }

  private func bytes(_ range: Range<Int>) -> [UInt8]? {
    known.withLock { known in
      guard
        let part = known.first(where: {
          $0.begin <= range.lowerBound && range.upperBound <= $0.begin + $0.bytes.count
        })
      else { return nil }
      return Array(part.bytes[(range.lowerBound - part.begin)..<(range.upperBound - part.begin)])
    }
  }

  private func keep(_ begin: Int, _ bytes: [UInt8]) { known.withLock { $0.append((begin, bytes)) } }
}
