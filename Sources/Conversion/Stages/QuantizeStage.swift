import Digests
import Diagnostics
import Planning
import Streaming
import StrictJSON
import Workspace
import SystemPackage

/// Streams every shard of the inputs once; see ``WeightStream``. What it learns of each unit and each weight file is
/// `units.json`.
struct QuantizeStage: Stage {
  let name = StageName.quantize
  let folder: WorkFolder
  let plan: Plan
  let resolution: Resolution
  let work: WorkList
  let spans: WeightSpans
  let units: FinishedUnits
  let inputs: RunInputs
  let lock: LockPin
  let published: PublishedWeights
  /// Where the package goes; nil for a run that ends before.
  let place: OutputPlace?
  /// What the weight files are taken from when machines have converted them; nil to convert here.
  let items: FinishedItems?
  let observer: any RunObserver
  /// The command that continues a stopped run, for messages.
  let resumeCommand: String

  func parameters() -> JSONValue {
    .object([
      ("plan_sha256", .string(plan.digest.hex)), ("leaf_bytes", .int(TreeDigest.leafBytes)),
      ("page_bytes", .int(TreeDigest.pageBytes)),
    ])
  }

  func inputRecords() throws -> [FileRecord] { try inputs.records { $0.shard != nil || $0.isAdapters } }

  /// What an unfinished run must have in common with this one for its units to count. The inputs are not digested yet:
  /// what the system says of the files represents their bytes.
  private var journalKey: SHA256Digest {
    let stamps = work.shards.map { shard in
      let identity = shard.file.identity
      return JSONValue.string(
        "\(shard.input.name) \(identity.size) \(identity.modified) \(identity.changed) \(identity.inode)")
    }
    let adapter = try? inputs.records(\.isAdapters).map { JSONValue.string("\($0.path) \($0.sha256.hex)") }
    return StageReceipt.key(
      stage: name.rawValue, version: name.version, tool: Tool.name,
      parameters: .object([("stage", parameters()), ("shards", .array(stamps + (adapter ?? [])))]), inputs: [])
  }

  var outputPaths: [String] { plan.weightFiles + [UnitList.fileName] }

  /// What is in the package's place will be replaced: what may not be is refused before the hours, not after them.
  func prepare() throws { try place?.refuseChanged() }

  func run() throws -> [FileRecord] {
    if let items { return try record(try items.merge { try resolution.requireUnchangedInputs() }) }
    try fetchHeads()
    let stream = WeightStream(
      plan, work, spans, from: SourceFolders(resolution), to: folder.folder(name), threads: inputs.threads,
      memory: inputs.memory)
    let progress = StreamProgress(
      began: { [observer] in observer.began(.quantize, bytes: $0) },
      advanced: { [observer] in observer.advanced(.quantize, bytes: $0, item: $1) })
    guard
      let list = try stream.run(
        key: journalKey, progress, beforePublishing: { try resolution.requireUnchangedInputs() })
    else { throw ConversionError.stopped(resume: resumeCommand) }
    return try record(list)
  }

  /// Says what is moved over the network, and moves what is kept: a head. A trunk is read while it is converted.
  private func fetchHeads() throws {
    for input in inputs.remote {
      observer.note(input.forecast)
      guard !input.isWhole else { continue }
      observer.began(.quantize, bytes: input.bytes + input.waste)
      try input.model.fetch(input.shards.map { ($0.name, $0.ranges) }) { [observer] in
        observer.advanced(.quantize, bytes: $0, item: $1)
      }
    }
    try lock.requireRemote()
  }

  /// Writes `units.json`, takes note of the digests of inputs and outputs, and reports what was clamped.
  private func record(_ list: UnitList) throws -> [FileRecord] {
    units.remember(list)
    for (shard, digest) in zip(work.shards, list.sources.files) {
      if let input = shard.input.shard { try inputs.remember(digest, input) }
    }
    var outputs: [FileRecord] = []
    for (number, file) in plan.weights.enumerated() {
      let digest = list.receiptDigest(ofFile: number, plan, spans)
      // What a merge took on trust is read when it is asked for.
      if items?.isDeep ?? true {
        try inputs.digests.remember(digest, .units, ofFileAt: folder.folder(name).appending(file.path))
      }
      outputs.append(FileRecord(path: file.path, bytes: file.bytes, sha256: digest))
    }
    for (number, tensor) in plan.tensors.enumerated() {
      let clamped = list.clampedScales(ofTensor: number, work)
      if clamped > 0 {
        observer.note("\(tensor.name): \(clamped) scales lie outside the safe range and were clamped")
      }
    }
    return outputs + [try folder.write(list.json, as: UnitList.fileName, of: name)]
  }

  /// A weight file is known by its units: their checksums find what happened to it since, ten times as fast as SHA-256.
  func digest(of output: FileRecord, at path: FilePath) throws -> SHA256Digest? {
    guard let number = plan.weights.firstIndex(where: { $0.path == output.path }) else { return nil }
    return try inputs.digests.digest(.units, ofFileAt: path) {
      try spans.digest(file: number, headerBytes: plan.weights[number].header.count, readFrom: path)
    }
  }

  func place(of output: FileRecord) throws -> FilePath? { try published.place(of: output) }

  func finish() throws { try WeightStream.finish(folder: folder.folder(name)) }

  func conclude(_ summary: inout RunSummary) throws { try lock.pin() }
}
