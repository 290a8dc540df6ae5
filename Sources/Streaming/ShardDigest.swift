import Digests
import Files
import Planning
import Safetensors
import Threads

/// The tree digest of a shard, by reading it; see the page *Tree digests*.
package enum ShardDigest {
  /// - Throws: `FileError`.
  package static func of(_ shard: InputShard, threads: Int, memory: Int) throws -> SHA256Digest {
    let file = try ShardReader(shard.file)
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
    let digests = try Workers.map(count: leaves.count, threads: workers) { number, worker in
      let leaf = leaves[number]
      let bytes = try file.read(leaf.length, at: leaf.offset, into: windows[worker].bytes)
      return TreeDigest.leaf(UnsafeRawBufferPointer(bytes))
    }
    var byTensor: [[SHA256Digest]] = tensors.map { _ in [] }
    for (leaf, digest) in zip(leaves, digests) { byTensor[leaf.tensor].append(digest) }
    return TreeDigest.of([try shard.file.headerDigest()] + byTensor.map { TreeDigest.of($0) })
  }
}

/// The window of one worker. Each worker uses only its own.
private final class LeafWindow: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  init(bytes count: Int) { bytes = .allocate(byteCount: count, alignment: StreamedFile.block) }

  deinit { bytes.deallocate() }
}
