import Checkpoint
import Digests
import Files
import Manifests
import Safetensors
import SystemPackage

/// One input file: a shard, configuration or sidecar of the source or the donor.
package struct InputFile: Sendable {
  /// `source/NAME`, `donor/NAME`, `adapter/NAME`, `drafter/NAME` or ``CardText/name``: how reports and locks name it on any
  /// machine.
  package let name: String
  /// The file.
  package let path: FilePath
  /// Its size.
  package let bytes: Int
  /// The header of a shard, which is digested by its leaves; nil for a file that is digested as it is.
  package let shard: InputShard?
  /// The digest of a file that is no shard, as it was first read; what is published of it has this digest. Nil for a
  /// drafter's, which may be as large as a shard and is digested when it is needed.
  package let sha256: SHA256Digest?

  /// What its digest is one of.
  package var digest: LockFile.Digest {
    guard let shard else { return .content }
    return shard.isPart ? .part : .tree
  }

  private static let adapterPrefix = "adapter/"

  /// Whether it is one of an adapter's, whose numbers go into the weights although it is no shard.
  package var isAdapters: Bool { name.hasPrefix(InputFile.adapterPrefix) }

  /// Whether it is one of a drafter's, which is copied whole.
  package var isDrafters: Bool { name.hasPrefix(DraftCheckpoint.prefix) }

  /// Whether it is what a person wrote for the card, which changes nothing else.
  package var isCards: Bool { name == CardText.name }

  /// Every file that the package depends on, in byte order of the names. For a donor, the shards that hold the head.
  /// - Throws: `FileError` for a small file.
  package static func all(_ resolution: Resolution) throws -> [InputFile] {
    var files: [InputFile] = []
    for (use, folder) in [(ModelRequest.Use.source, Optional(resolution.source)), (.donor, resolution.donor)] {
      guard let folder else { continue }
      let prefix = use.rawValue
      let needed = resolution.neededShards(of: folder, use)
      for (number, shard) in folder.shards.enumerated() where needed.contains(number) {
        files.append(
          InputFile(
            name: "\(prefix)/\(shard.name)", path: shard.file.path, bytes: shard.file.header.fileSize,
            shard: InputShard(
              file: shard.file, number: number, isDonor: use == .donor,
              part: resolution.neededPart(of: folder, number, use)), sha256: nil))
      }
      var others = ["config.json"] + [folder.quantizationFile].compactMap { $0 }
      if prefix == "source" { others += folder.sidecars.copied }
      if folder.sidecars.hasCard { others.append("README.md") }
      files += try others.map { name in
        let path = folder.path.appending(name)
        let record = try folder.record(of: name)
        try requireBlobName(path, record.sha256)
        return InputFile(
          name: "\(prefix)/\(name)", path: path, bytes: record.bytes, shard: nil, sha256: record.sha256)
      }
    }
    if let adapter = resolution.adapter, resolution.target != .drafter {
      files += try adapter.files.map { name, path in
        let (digest, bytes) = try digestOfFile(atPath: path)
        return InputFile(name: adapterPrefix + name, path: path, bytes: bytes, shard: nil, sha256: digest)
      }
    }
    files += resolution.drafter?.inputs ?? []
    if let card = resolution.cardText { files.append(card.input) }
    return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

/// A safetensors file of the source or the donor.
package struct InputShard: Sendable {
  /// The file, open, with its header.
  package let file: SafetensorsFile
  /// Index into the folder's shards.
  package let number: Int
  /// Whether the folder is the donor's.
  package let isDonor: Bool

  /// The tensors that are read, in the order of their data; nil for all of the file.
  let part: [TensorEntry]?

  /// The tensors that are read, in the order of their data. Sorted when it is asked for: a plan asks for none, of shards with
  /// tensors by the hundred thousand.
  package var tensorsByOffset: [TensorEntry] { part ?? file.header.tensorsByOffset }

  /// Bytes of the tensors that are read.
  var neededBytes: Int { part?.reduce(0) { $0 + $1.byteCount } ?? file.header.dataSize }

  /// Whether others of the file are not read: its digest is then one of a part.
  package var isPart: Bool { (part?.count ?? file.header.tensors.count) < file.header.tensors.count }
}

extension SafetensorsHeader {
  /// The tensors in the order of their data. They are sorted by name already, which decides between tensors without elements.
  var tensorsByOffset: [TensorEntry] {
    tensors.enumerated().sorted { ($0.element.begin, $0.offset) < ($1.element.begin, $1.offset) }.map(\.element)
  }
}

extension SafetensorsFile {
  /// Digest of everything before the data.
  package func headerDigest() throws -> SHA256Digest {
    SHA256Digest.of(try readBytes(count: header.dataStart, at: 0))
  }
}

extension CheckpointFolder {
  /// A small file of the source or the donor. Whoever reads it later reads the same bytes.
  /// - Throws: ``ConversionError/inputChanged(file:)`` when it is not what was first read of it; `FileError`.
  package func input(_ name: String, limit: Int) throws -> [UInt8] {
    do {
      return try content(of: name, limit: limit)
    } catch StorageError.fileChanged(let path) {
      throw ConversionError.inputChanged(file: path.string)
    }
  }
}
