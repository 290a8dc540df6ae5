import Checkpoint
import Digests
import Files
import Foundation
import Manifests
import StrictJSON
import Synchronization
import Workspace

/// What the stages of one run share.
final class RunContext: Sendable {
  let resolution: Resolution
  let plan: Plan
  let options: RunOptions
  let observer: any RunObserver
  /// Absolute path of the work folder.
  let workFolder: String
  let digests: DigestCache
  let inputs: [InputFile]
  let work: WorkList
  let spans: WeightSpans
  /// See ``UnitList/of(_:)``.
  let unitList = Mutex<UnitList?>(nil)

  init(_ resolution: Resolution, _ plan: Plan, _ options: RunOptions, _ observer: any RunObserver, work: String) throws
  {
    self.resolution = resolution
    self.plan = plan
    self.options = options
    self.observer = observer
    workFolder = work
    digests = DigestCache(folder: work)
    inputs = InputFile.all(resolution)
    let list = try WorkList(inputs, plan, headIsDonors: resolution.donor != nil)
    self.work = list
    spans = WeightSpans(list, plan, files: plan.files.count)
  }

  func folder(_ stage: StageName) -> String { workFolder + "/" + stage.rawValue }

  /// Input files with their digests, from the cache where nothing changed. Shards are read for it when they must be.
  func inputRecords(_ names: (InputFile) -> Bool = { _ in true }) throws -> [FileRecord] {
    try inputs.filter(names).map { file in
      guard let shard = file.shard else {
        let (digest, bytes) = try digests.digest(ofFileAt: file.path)
        return FileRecord(path: file.name, bytes: bytes, sha256: digest)
      }
      let digest = try digests.digest(.tree, ofFileAt: file.path) {
        try ShardDigest.of(shard, threads: options.threads, memory: options.memory)
      }
      return FileRecord(path: file.name, bytes: file.bytes, sha256: digest)
    }
  }

  /// The headers of shards: what decides everything but the numbers.
  func headerRecords(_ names: (InputFile) -> Bool = { _ in true }) throws -> [FileRecord] {
    try inputs.filter(names).compactMap { file in
      try file.shard.map {
        FileRecord(path: file.name, bytes: $0.file.header.dataStart, sha256: try $0.headerDigest())
      }
    }
  }

  /// Input files as the lock and the audit name them.
  func lockedFiles() throws -> [LockFile.File] {
    let shards = Set(inputs.filter { $0.shard != nil }.map(\.name))
    return try inputRecords().map {
      LockFile.File(path: $0.path, bytes: $0.bytes, sha256: $0.sha256.hex, isTree: shards.contains($0.path))
    }
  }

  /// What a finished stage put out, with paths relative to the work folder.
  func outputRecords(of stage: StageName) throws -> [FileRecord] {
    guard let receipt = try StageReceipt.load(folder(stage)) else {
      throw WorkspaceError.receiptDamaged(path: folder(stage), reason: "there is no receipt")
    }
    return receipt.outputs.map { FileRecord(path: stage.rawValue + "/" + $0.path, bytes: $0.bytes, sha256: $0.sha256) }
  }

  func reader(_ origin: TensorOrigin) -> SourceReader {
    SourceReader(origin == .head ? resolution.headFolder ?? resolution.source : resolution.source)
  }

  /// Refuses to go on when a shard is no longer the file that was opened.
  func requireUnchangedInputs() throws {
    for folder in [resolution.source, resolution.donor].compactMap({ $0 }) {
      for shard in folder.shards {
        let path = folder.path + "/" + shard.name
        guard let now = try? ReadOnlyFile(path: path).identity, now == shard.file.identity else {
          throw ConversionError.inputChanged(file: path)
        }
      }
    }
  }

  var stopped: ConversionError { .stopped(resume: options.resumeCommand) }

  /// The facts of the run that the audit report carries.
  func auditContext() throws -> AuditReport.Context {
    AuditReport.Context(
      manifestDigest: resolution.manifest.digest, pipeline: resolution.pipeline.name,
      pipelineDigest: resolution.pipeline.digest, planDigest: plan.digest,
      inputs: try lockedFiles(), readers: try ReaderMatrix(of: plan, resolution))
  }

  var contents: PlanContents { plan.contents }
}

/// A stage: what decides its result, and the work.
protocol Stage {
  var name: StageName { get }
  /// Everything besides files that decides the result.
  func parameters(_ context: RunContext) throws -> JSONValue
  func inputs(_ context: RunContext) throws -> [FileRecord]
  /// The folder that the receipt's outputs are relative to.
  func outputFolder(_ context: RunContext) -> String
  /// Does the work and returns what it put out.
  func run(_ context: RunContext) throws -> [FileRecord]
  /// The digest of an output that the receipt does not know by the SHA-256 of its bytes; nil for any other.
  func digest(of output: FileRecord, at path: String, _ context: RunContext) throws -> SHA256Digest?
  /// Removes what only an unfinished stage needs.
  func finish(_ context: RunContext) throws
}

extension Stage {
  func outputFolder(_ context: RunContext) -> String { context.folder(name) }
  func finish(_ context: RunContext) throws {}
  func digest(of output: FileRecord, at path: String, _ context: RunContext) throws -> SHA256Digest? { nil }
}
