import Digests
import Files
import StrictJSON
import Workspace
import SystemPackage

/// The work folder of a run: a folder for each stage, with the stage's receipt and what it put out.
struct WorkFolder: Sendable {
  /// Absolute.
  let path: FilePath

  /// The folder with what was read of models that stay on the hub.
  static let remote = "remote"
  /// The folder of the finished work items.
  static let items = "items"
  /// The file in the folder of an item that says which program made it.
  static let itemNote = "item.json"
  /// The work folder, in the folder of the check, in which the source is copied for a comparison.
  static let sourceCopy = "source"
  /// The file with the pipeline that makes this copy, and how it begins.
  static let copyPipeline = "keep.json"
  static let copyPipelineBeginning = #"{"cambium_pipeline": 1, "name": "source", "#

  func folder(_ stage: StageName) -> FilePath { path.appending(stage.rawValue) }

  /// What a finished stage put out, with paths relative to the work folder.
  /// - Throws: `WorkspaceError.receiptDamaged` when there is no receipt.
  func outputRecords(of stage: StageName) throws -> [FileRecord] {
    guard let receipt = try StageReceipt.load(folder(stage)) else {
      throw WorkspaceError.receiptDamaged(path: folder(stage), reason: "there is no receipt")
    }
    return receipt.outputs.map { FileRecord(path: stage.rawValue + "/" + $0.path, bytes: $0.bytes, sha256: $0.sha256) }
  }

  /// Writes a report of a stage and returns its record.
  func write(_ value: JSONValue, as name: String, of stage: StageName) throws -> FileRecord {
    try WorkFolder.write(value, as: name, in: folder(stage))
  }

  /// Writes a report into a folder and returns its record.
  static func write(_ value: JSONValue, as name: String, in folder: FilePath) throws -> FileRecord {
    let bytes = JSONWriter.pretty(value)
    try AtomicFile.write(bytes, to: folder.appending(name))
    return FileRecord(path: name, bytes: bytes.count, sha256: SHA256Digest.of(bytes))
  }
}
