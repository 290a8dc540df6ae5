import Digests
import Files
import Safetensors
import Threads

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
    let workers = max(1, min(2 * threads, memory / window))
    let windows = (0..<workers).map { _ in LeafWindow(bytes: window) }
    let results = Results<SHA256Digest?>(leaves.count, nil)
    _ = try Workers.forEach(count: leaves.count, threads: workers) { number, worker in
      let leaf = leaves[number]
      let bytes = try file.read(leaf.length, at: leaf.offset, into: windows[worker].bytes)
      results.set(number, TreeDigest.leaf(UnsafeRawBufferPointer(bytes)))
    }
    var byTensor: [[SHA256Digest]] = tensors.map { _ in [] }
    for (leaf, digest) in zip(leaves, results.all) {
      if let digest { byTensor[leaf.tensor].append(digest) }
    }
    return TreeDigest.of([try shard.headerDigest()] + byTensor.map { TreeDigest.of($0) })
  }
}

/// The window of one worker. Each worker uses only its own.
private final class LeafWindow: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(bytes count: Int) { bytes = .allocate(byteCount: count, alignment: StreamedFile.block) }

  deinit { bytes.deallocate() }
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
      return TreeDigest.leaf(UnsafeRawBufferPointer(leaf))
    }
    return of(leaves)
  }
}
