import Checkpoint
import Diagnostics
import Safetensors
import StrictJSON

/// What a run reads of a model that stays on the hub.
package struct RemoteInput: Sendable {
  /// A shard, and what is read of its data.
  package struct Shard: Sendable {
    /// Index into the folder's shards.
    package let number: Int
    /// The file's name.
    package let name: String
    /// The file, with its header.
    package let file: SafetensorsFile
    /// The tensors that are read, in the order of their data.
    package let entries: [TensorEntry]

    /// Their bytes in the file, neighbours together.
    package var ranges: [Range<Int>] {
      ReadRanges.joined(
        entries.map { file.header.dataStart + $0.begin..<file.header.dataStart + $0.end })
    }
  }

  /// Which of the manifest's models it is.
  package let use: ModelRequest.Use
  /// The model, opened.
  package let folder: CheckpointFolder
  /// Where its weights are.
  package let model: any ModelElsewhere
  /// The shards of which anything is read.
  package let shards: [Shard]
  /// Whether all of its weights are read, once, and nothing of them is kept; else the head is, into the work folder.
  package let isWhole: Bool

  /// Bytes of the tensors that are read.
  package var bytes: Int { CheckedSum.clamped(shards.flatMap { $0.entries.map(\.byteCount) }) }
  /// Bytes between them that are read, too.
  package var waste: Int { CheckedSum.clamped(shards.flatMap { $0.ranges.map(\.count) }) - bytes }

  /// What is moved, in words: `3.31 GB in 4 ranges of 1 shard, instead of 162 GB`.
  package var forecast: String {
    let ranges = shards.reduce(0) { $0 + $1.ranges.count }
    let parts = [
      "\(Fixed.bytes(bytes)) in \(ranges == 1 ? "1 range" : "\(ranges) ranges")",
      " of \(shards.count == 1 ? "1 shard" : "\(shards.count) shards")",
      isWhole ? ", read once and not kept" : ", instead of \(Fixed.bytes(model.totalBytes))",
      waste > 0 ? "; \(Fixed.bytes(waste)) between them are read, too" : "",
    ]
    return "\(use.rawValue) \(name): " + parts.joined()
  }

  /// `hub:org/name@commit`.
  package var name: String {
    guard case .hub(let hub) = folder.reference else { return folder.name }
    return "hub:\(hub.repository)@\(model.commit)"
  }

  /// The member of `plan --json`.
  package var json: JSONValue {
    let files = shards.map { shard in
      JSONValue.object([
        ("path", .string(shard.name)),
        (
          "ranges",
          .array(shard.ranges.map { .object([("offset", .int($0.lowerBound)), ("bytes", .int($0.count))]) })
        ),
      ])
    }
    return .object([
      ("use", .string(use.rawValue)), ("model", .string(name)), ("bytes", .int(bytes)), ("waste_bytes", .int(waste)),
      ("model_bytes", .int(model.totalBytes)), ("files", .array(files)),
    ])
  }
}

extension Resolution {
  /// What is read of models that stay on the hub: source before donor.
  package var remoteInputs: [RemoteInput] {
    [(ModelRequest.Use.source, Optional(source)), (.donor, donor)].compactMap { use, folder in
      guard let folder, let model = folder.elsewhere else { return nil }
      let isWhole = use == .source && target != .drafter
      let shards = neededShards(of: folder, use).sorted().map { number in
        let shard = folder.shards[number]
        return RemoteInput.Shard(
          number: number, name: shard.name, file: shard.file, entries: neededTensors(of: folder, number, use))
      }
      guard !shards.isEmpty else { return nil }
      return RemoteInput(use: use, folder: folder, model: model, shards: shards, isWhole: isWhole)
    }
  }

  /// The shards that what is made depends on: all of a trunk, and for a head those that hold it.
  func neededShards(of folder: CheckpointFolder, _ use: ModelRequest.Use) -> Set<Int> {
    guard use == .donor || target == .drafter else { return Set(folder.shards.indices) }
    guard use == .donor || donor == nil else { return [] }
    return Set(head?.tensors.flatMap { $0.segments.map(\.shard) } ?? [])
  }

  /// The tensors of such a shard that are read and digested, in the order of their data: for a file on this machine all of
  /// them; for one on the hub that is needed for a head, the head's.
  func neededTensors(of folder: CheckpointFolder, _ number: Int, _ use: ModelRequest.Use) -> [TensorEntry] {
    neededPart(of: folder, number, use) ?? folder.shards[number].file.header.tensorsByOffset
  }

  /// The same as ``neededTensors(of:_:_:)``; nil for all tensors of the file, which need no separate list.
  func neededPart(of folder: CheckpointFolder, _ number: Int, _ use: ModelRequest.Use) -> [TensorEntry]? {
    guard folder.elsewhere != nil, use == .donor || target == .drafter else { return nil }
    let file = folder.shards[number].file
    let all = file.header.tensorsByOffset
    var names = Set(
      folder.headEvidence.tensors.compactMap { name in
        folder[name].flatMap { $0.shard == number ? UTF8Name($0.entry.name) : nil }
      })
    // Whatever its name is: what a tensor of the head is made of.
    let segments = head?.tensors.flatMap(\.segments).filter { $0.shard == number } ?? []
    for entry in all where entry.byteCount > 0 {
      let range = file.header.dataStart + entry.begin..<file.header.dataStart + entry.end
      if segments.contains(where: { range.contains($0.offset) }) { names.insert(UTF8Name(entry.name)) }
    }
    return all.filter { names.contains(UTF8Name($0.name)) }
  }

  /// Refuses a check that decodes with a model that is not on this machine.
  /// - Throws: ``ConversionError/checkMissing(manifest:reason:)``.
  package func requireSourceHere() throws(ConversionError) {
    // The distance is the source's matter alone, the acceptance the donor's too.
    guard let check, check.relativeFloor != nil || check.demandsSource && source.elsewhere != nil,
      let first = remoteInputs.first
    else {
      return
    }
    let field = check.relativeFloor != nil ? "relative_floor" : check.maxKL != nil ? "max_kl" : "min_top1"
    throw .checkMissing(
      manifest: manifest.path, reason: "\(field) decodes with \(first.name), which is not on this machine")
  }
}
