import Workspace
import Digests
import Safetensors

/// The tree digest of a shard, by reading it; see the page *Tree digests*.
enum ShardDigest {
  /// - Throws: `FileError`.
  static func of(_ shard: InputShard, threads: Int, memory: Int) throws -> SHA256Digest {
    let file = try StreamedFile(path: shard.file.path)
    let tensors = shard.tensorsByOffset
    let leaves = tensors.enumerated().flatMap { number, entry in
      let begin = shard.file.header.dataStart + entry.begin
      return stride(from: 0, to: entry.byteCount, by: TreeDigest.leafBytes).map {
        (tensor: number, offset: begin + $0, length: min(TreeDigest.leafBytes, entry.byteCount - $0))
      }
    }
    let window = StreamedFile.windowBytes(TreeDigest.leafBytes)
    let workers = max(1, min(2 * threads, memory / (2 * window)))
    let windows = (0..<workers).map { _ in LeafWindows(bytes: window) }
    let results = Results<SHA256Digest?>(leaves.count, nil)
    _ = try Workers.forEach(count: (leaves.count + 1) / 2, threads: workers) { pair, worker in
      let numbers = 2 * pair..<min(2 * pair + 2, leaves.count)
      let data = try zip(numbers, windows[worker].windows).map { number, window in
        UnsafeRawBufferPointer(try file.read(leaves[number].length, at: leaves[number].offset, into: window))
      }
      for (number, digest) in zip(numbers, SHA256Digest.each(data)) { results.set(number, digest) }
    }
    var byTensor: [[SHA256Digest]] = tensors.map { _ in [] }
    for (leaf, digest) in zip(leaves, results.all) {
      if let digest { byTensor[leaf.tensor].append(digest) }
    }
    return TreeDigest.of([try shard.headerDigest()] + byTensor.map { TreeDigest.of($0) })
  }
}

/// Two windows of one worker. Each worker uses only its own.
private final class LeafWindows: @unchecked Sendable {
  let windows: [UnsafeMutableRawBufferPointer]

  init(bytes: Int) {
    windows = (0..<2).map { _ in .allocate(byteCount: bytes, alignment: StreamedFile.block) }
  }

  deinit { for window in windows { window.deallocate() } }
}

extension TreeDigest {
  /// The digest of one tensor of a file.
  /// - Throws: `FileError`.
  static func of(_ entry: TensorEntry, in file: SafetensorsFile) throws -> SHA256Digest {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: leafBytes, alignment: 64)
    defer { buffer.deallocate() }
    let leaves = try stride(from: 0, to: entry.byteCount, by: leafBytes).map { at in
      let leaf = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(leafBytes, entry.byteCount - at)])
      try file.read(into: leaf, atDataOffset: entry.begin + at)
      var stream = SHA256Stream()
      stream.update(UnsafeRawBufferPointer(leaf))
      return stream.finish()
    }
    return of(leaves)
  }
}
