import Checkpoint
import PackageCheck
import Planning
import StrictJSON
import Workspace

/// Reads headers and the small files: what the source is, what its head is, what is wrong with it.
struct InspectStage: Stage {
  private static let fileName = "inspect.json"

  let name = StageName.inspect
  let folder: WorkFolder
  let source: CheckpointFolder
  let donor: CheckpointFolder?
  let drafter: DraftCheckpoint?
  let inputs: RunInputs
  /// What the plan has to say to a person.
  let notes: [String]
  let lock: LockPin
  let observer: any RunObserver

  func parameters() throws -> JSONValue { .object([]) }

  func inputRecords() throws -> [FileRecord] {
    try inputs.headerRecords() + inputs.records { $0.shard == nil }
  }

  var outputPaths: [String] { [InspectStage.fileName] }

  func run() throws -> [FileRecord] {
    var report: [(String, JSONValue)] = [("cambium_inspection", 1), ("source", Inspection(source).json)]
    if let drafter { report.append(("drafter", drafter.json)) }
    if let donor { report.append(("donor", Inspection(donor).json)) }
    return [try folder.write(.object(report), as: InspectStage.fileName, of: name)]
  }

  func conclude(_ summary: inout RunSummary) throws {
    for note in notes { observer.note(note) }
    try lock.require()
  }
}
