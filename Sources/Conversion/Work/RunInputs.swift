import Checkpoint
import Digests
import Manifests
import Planning
import Streaming
import Workspace

/// The input files of a run, and what is known of their bytes.
struct RunInputs: Sendable {
  let files: [InputFile]
  /// What is read of models that stay on the hub.
  let remote: [RemoteInput]
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
      let compute = { try ShardDigest.of(shard, threads: threads, memory: memory) }
      let digest =
        shard.file.isElsewhere
        ? try digests.digest(shard.kind, of: shard.file.path, identity: shard.file.identity, compute: compute)
        : try digests.digest(shard.kind, ofFileAt: shard.file.path, compute: compute)
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
    let kinds = Dictionary(files.map { ($0.name, $0.digest) }) { first, _ in first }
    return try records().map {
      LockFile.File(path: $0.path, bytes: $0.bytes, sha256: $0.sha256.hex, digest: kinds[$0.path] ?? .content)
    }
  }

  /// The digest of a shard that has not changed since it was digested; nil when nothing is known of it.
  func known(_ shard: InputShard) throws -> SHA256Digest? {
    shard.file.isElsewhere
      ? digests.known(shard.kind, of: shard.file.path, identity: shard.file.identity)
      : try digests.known(shard.kind, ofFileAt: shard.file.path)
  }

  /// Takes note of the digest of a shard as it was opened.
  func remember(_ digest: SHA256Digest, _ shard: InputShard) throws {
    if shard.file.isElsewhere {
      digests.remember(digest, shard.kind, of: shard.file.path, identity: shard.file.identity)
    } else {
      try digests.remember(digest, shard.kind, ofFileAt: shard.file.path, identity: shard.file.identity)
    }
  }

  /// What the lock records of models that stay on the hub.
  /// - Parameter reads: Whether tensors are read whose digests are not known; else they are left out.
  func remoteRecords(reads: Bool) throws -> [LockFile.Remote] {
    try remote.map { input in
      var repository = ""
      if case .hub(let hub) = input.folder.reference { repository = hub.repository }
      let files = try input.shards.map { shard in
        LockFile.Remote.File(
          path: shard.name, bytes: shard.file.header.fileSize, stated: input.model.statedDigest(shard.name),
          header: try shard.file.headerDigest().hex)
      }
      let tensors = try input.isWhole ? [] : input.shards.flatMap { try self.tensors($0, reads: reads) }
      return LockFile.Remote(
        use: input.use.rawValue, repository: repository, commit: input.model.commit, files: files, tensors: tensors)
    }
  }

  private func tensors(_ shard: RemoteInput.Shard, reads: Bool) throws -> [LockFile.Remote.Tensor] {
    let file = shard.file
    return try shard.entries.compactMap { entry in
      let name = file.path.appending(suffix: "#" + entry.name)
      let digest =
        reads
        ? try digests.digest(.content, of: name, identity: file.identity) {
          try StreamedDigest.of(bytes: entry.byteCount) { at, buffer in
            try file.read(into: buffer, atDataOffset: entry.begin + at)
          }
        }
        : digests.known(.content, of: name, identity: file.identity)
      return digest.map {
        LockFile.Remote.Tensor(
          name: entry.name, file: shard.name, offset: file.header.dataStart + entry.begin, bytes: entry.byteCount,
          sha256: $0.hex)
      }
    }
  }
}

extension InputShard {
  /// The kind under which its digest is remembered.
  fileprivate var kind: DigestCache.Kind { isPart ? .part : .tree }
}
