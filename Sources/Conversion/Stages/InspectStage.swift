import Digests
import Files
import StrictJSON
import Workspace

/// Reads headers and the small files: what the source is, what its head is, what is wrong with it.
struct InspectStage: Stage {
  let name = StageName.inspect

  func parameters(_ context: RunContext) -> JSONValue { .object([]) }
  func inputs(_ context: RunContext) throws -> [FileRecord] {
    try context.headerRecords() + context.inputRecords { $0.shard == nil }
  }

  func run(_ context: RunContext) throws -> [FileRecord] {
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
