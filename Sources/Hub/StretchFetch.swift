import Files
import Safetensors
import StrictJSON
import SystemPackage
import Threads

/// Fetches stretches of files into what is kept of them, several at a time. What came is kept when it ends badly. A file of
/// which all bytes are here is held against the digest that the hub states of it.
struct StretchFetch: Sendable {
  /// Bytes of one question.
  private static let mostAtOnce = 32 << 20
  /// The number of bytes after which they count as here.
  private static let step = 1 << 20

  /// A file, and what is wanted of it.
  struct Part: Sendable {
    let remote: RemoteFile
    let kept: KeptStretches
    let ranges: [Range<Int>]
  }

  let parts: [Part]
  /// The folder it goes to, for the space.
  let folder: FilePath

  /// - Parameters:
  ///   - connections: How many at a time.
  ///   - advanced: Told of bytes that came, and of those that were here.
  /// - Throws: ``HubError``, `StorageError`.
  func run(connections: Int, advanced: @escaping @Sendable (_ bytes: Int, _ file: String) -> Void) throws {
    var pieces: [(part: Int, range: Range<Int>)] = []
    var needed = 0
    for (number, part) in parts.enumerated() {
      // The little that is here of a norm that was looked at is read once more rather than asked around.
      let missing = ReadRanges.joined(part.kept.missing(part.ranges), gap: RemoteShard.shortBytes)
      let bytes = missing.reduce(0) { $0 + $1.count }
      let there = max(0, part.ranges.reduce(0) { $0 + $1.count } - bytes)
      if there > 0 { advanced(there, part.remote.file.path) }
      needed += bytes
      for range in missing {
        for begin in stride(from: range.lowerBound, to: range.upperBound, by: StretchFetch.mostAtOnce) {
          pieces.append((number, begin..<min(range.upperBound, begin + StretchFetch.mostAtOnce)))
        }
      }
    }
    guard !pieces.isEmpty else { return try requireDigests() }
    if let free = try Folder.freeBytes(folder), free < needed {
      throw StorageError.diskFull(path: folder, needed: needed)
    }
    let list = pieces
    defer { for part in parts { try? part.kept.keep() } }
    let isDone = try Workers.forEach(
      count: list.count, threads: connections, stop: { StopSignal.shared.isRequested }
    ) { [parts] index, _ in
      try StretchFetch.fetch(list[index].range, parts[list[index].part], advanced)
    }
    guard isDone else { throw HubError.stopped(place: parts.first?.remote.place ?? folder.string) }
    for part in parts { try part.kept.keep() }
    try requireDigests()
  }

  private func requireDigests() throws {
    for part in parts { try part.kept.requireDigest(part.remote.place) }
  }

  private static func fetch(
    _ range: Range<Int>, _ part: Part, _ advanced: @escaping @Sendable (Int, String) -> Void
  ) throws {
    var at = range.lowerBound
    var counted = at
    let name = part.remote.file.path
    do {
      try part.remote.stream(range) { bytes in
        if StopSignal.shared.isRequested { throw HubError.stopped(place: part.remote.place) }
        try part.kept.write(bytes, at: at)
        at += bytes.count
        advanced(bytes.count, name)
        if at - counted >= step {
          try part.kept.complete(counted..<at)
          counted = at
        }
      }
    } catch {
      try? part.kept.complete(counted..<at)
      throw error
    }
    try part.kept.complete(counted..<at)
  }
}
