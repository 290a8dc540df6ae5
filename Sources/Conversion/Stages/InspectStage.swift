import Digests
import StrictJSON
import Workspace

/// Reads headers and digests every input file: what the source is, what its head is, what is wrong with it.
struct InspectStage: Stage {
  let name = StageName.inspect

  /// Digests all input files that changed since the last look, largest first, on all threads.
  static func hashInputs(_ context: RunContext) throws {
    let files = context.inputs.sorted { $0.bytes > $1.bytes }
    context.observer.began(.inspect, bytes: files.reduce(0) { $0 + $1.bytes })
    let finished = try Workers.forEach(
      count: files.count, threads: context.options.threads, stop: { StopSignal.shared.isRequested }
    ) { index, _ in
      _ = try context.digests.digest(ofFileAt: files[index].path)
      // A run killed here need not read a large file again.
      if files[index].bytes > 64 << 20 { try context.digests.save() }
      context.observer.advanced(.inspect, bytes: files[index].bytes, item: files[index].name)
    }
    try context.digests.save()
    guard finished else { throw context.stopped }
    try context.requireUnchangedInputs()
  }

  func parameters(_ context: RunContext) -> JSONValue { .object([]) }
  func inputs(_ context: RunContext) throws -> [FileRecord] { try context.inputRecords() }

  func run(_ context: RunContext, key: SHA256Digest) throws -> [FileRecord] {
    let resolution = context.resolution
    var report: [(String, JSONValue)] = [("cambium_inspection", 1), ("source", Inspection(resolution.source).json)]
    if let donor = resolution.donor { report.append(("donor", Inspection(donor).json)) }
    return [try context.write(.object(report), as: "inspect.json", of: .inspect)]
  }
}

extension RunContext {
  /// Writes a report of a stage and returns its record.
  func write(_ value: JSONValue, as name: String, of stage: StageName) throws -> FileRecord {
    let bytes = JSONWriter.pretty(value)
    try AtomicFile.write(bytes, to: folder(stage) + "/" + name)
    return FileRecord(path: name, bytes: bytes.count, sha256: SHA256Digest.of(bytes))
  }
}
