import Diagnostics
import Files
import Planning
import StrictJSON
import Threads
import Workspace

/// Runs stages, each unless its receipt proves that it is done.
struct StageRunner {
  let digests: DigestCache
  let observer: any RunObserver
  /// The command that continues a stopped run, for messages.
  let resumeCommand: String

  /// Runs one stage unless its receipt is valid; true when it was.
  func perform(_ stage: any Stage) throws -> Bool {
    if StopSignal.shared.isRequested { throw ConversionError.stopped(resume: resumeCommand) }
    let folder = stage.folder.folder(stage.name)
    try Folder.create(folder)
    let parameters = try stage.parameters()
    switch try validity(stage, parameters) {
    case .valid:
      // A run that was killed after its receipt left this undone.
      try stage.finish()
      observer.ended(stage.name, reused: true)
      return true
    case .absent, .otherKey: break
    case .outputMissing(let path): observer.note("\(stage.name.rawValue): \(path) is missing and is made again")
    case .outputDamaged(let path):
      observer.note("\(stage.name.rawValue): \(path) is not what the receipt says and is made again")
    }
    try Folder.removeTree(folder.appending(StageReceipt.fileName))
    try stage.prepare()
    let outputs = try stage.run()
    // The receipt is made only now: the digests of shards are a product of their one reading.
    let receipt = try StageReceipt(
      stage: stage.name.rawValue, version: stage.name.version, tool: Tool.name, parameters: parameters,
      inputs: try stage.inputRecords(), outputs: outputs)
    try receipt.write(to: folder)
    try stage.finish()
    try digests.save()
    observer.ended(stage.name, reused: false)
    return false
  }

  private func validity(_ stage: any Stage, _ parameters: JSONValue) throws -> Validity {
    guard stage.isReusable else { return .absent }
    do {
      guard let receipt = try StageReceipt.load(stage.folder.folder(stage.name)) else { return .absent }
      let key = StageReceipt.key(
        stage: stage.name.rawValue, version: stage.name.version, tool: Tool.name, parameters: parameters,
        inputs: try stage.inputRecords())
      let paths = Set(stage.outputPaths.map(UTF8Name.init))
      guard receipt.key != key || Set(receipt.outputs.map { UTF8Name($0.path) }) == paths else {
        throw WorkspaceError.receiptDamaged(
          path: stage.folder.folder(stage.name).appending(StageReceipt.fileName),
          reason: "\"outputs\" are not the files that the stage puts out")
      }
      return try receipt.validity(
        in: stage.outputFolder, digests: digests, wantedKey: key, digest: { try stage.digest(of: $0, at: $1) },
        elsewhere: { try stage.place(of: $0) })
    } catch {
      guard case WorkspaceError.receiptDamaged(let path, let reason) = error else { throw error }
      observer.note("\(path): \(reason); the stage is done again")
      return .absent
    }
  }
}
