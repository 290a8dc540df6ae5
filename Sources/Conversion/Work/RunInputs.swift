import Manifests
import Planning
import Streaming
import Workspace

/// The input files of a run, and what is known of their bytes.
struct RunInputs: Sendable {
  let files: [InputFile]
  let digests: DigestCache
  let threads: Int
  /// Bytes of buffers.
  let memory: Int

  /// Input files with their digests: of small files, of the bytes that were read; of shards and a drafter, from the
  /// cache where nothing changed, else they are read for it.
  func records(_ isWanted: (InputFile) -> Bool = { _ in true }) throws -> [FileRecord] {
    try files.filter(isWanted).map { file in
      if let digest = file.sha256 { return FileRecord(path: file.name, bytes: file.bytes, sha256: digest) }
      if file.isDrafters {
        let digest = try digests.digest(ofFileAt: file.path).digest
        return FileRecord(path: file.name, bytes: file.bytes, sha256: digest)
      }
      guard let shard = file.shard else { throw ConversionError.inputChanged(file: file.path.string) }
      let digest = try digests.digest(.tree, ofFileAt: file.path) {
        try ShardDigest.of(shard, threads: threads, memory: memory)
      }
      return FileRecord(path: file.name, bytes: file.bytes, sha256: digest)
    }
  }

  /// The headers of shards: what decides everything but the numbers.
  func headerRecords(_ isWanted: (InputFile) -> Bool = { _ in true }) throws -> [FileRecord] {
    try files.filter(isWanted).compactMap { file in
      try file.shard.map {
        FileRecord(path: file.name, bytes: $0.file.header.dataStart, sha256: try $0.file.headerDigest())
      }
    }
  }

  /// Input files as the lock and the audit name them.
  func lockedFiles() throws -> [LockFile.File] {
    let shards = Set(files.filter { $0.shard != nil }.map(\.name))
    return try records().map {
      LockFile.File(path: $0.path, bytes: $0.bytes, sha256: $0.sha256.hex, isTree: shards.contains($0.path))
    }
  }
}
