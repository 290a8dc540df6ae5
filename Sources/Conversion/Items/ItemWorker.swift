import Files
import Foundation
import Planning
import Streaming
import StrictJSON
import SystemPackage
import Workspace

/// Does work items: each in the folder of an attempt, which gets the item's name by one rename when all is there.
struct ItemWorker {
  let store: ItemStore
  let resolution: Resolution
  /// What the items say of the program that made them.
  let note: ItemNote
  let threads: Int
  let memory: Int
  let observer: any RunObserver
  /// The command that continues a stopped run, for messages.
  let resumeCommand: String

  /// Does an item unless it is done.
  /// - Returns: false when it was done already.
  /// - Throws: `ConversionError`, `FileError`, ``ItemError/attemptGone(path:)``.
  func perform(_ item: WorkItem) throws -> Bool {
    switch try store.state(item, isDeep: true) {
    case .done: return false
    case .missing: break
    case .damaged(let reason): observer.note("\(item.name): \(reason); it is made again")
    }
    let attempt = try AttemptFolder(for: ItemStore.name(item), in: store.path)
    defer { attempt.release() }
    do {
      try fill(attempt.path, item)
      try publish(attempt.path, item)
    } catch {
      // Whatever is in it is of use to nobody.
      guard try linkStatus(attempt.path) != nil else { return try conclude(without: attempt.path, item) }
      try? Folder.removeTree(attempt.path)
      throw error
    }
    return true
  }

  /// Converts what the item asks for, and writes its receipt last.
  private func fill(_ folder: FilePath, _ item: WorkItem) throws {
    let share = store.share(item)
    let spans = WeightSpans(share.work, share.plan)
    let stream = WeightStream(
      share.plan, share.work, spans, from: SourceFolders(resolution), to: folder, threads: threads, memory: memory)
    let progress = StreamProgress(
      began: { [observer] in observer.began(.quantize, bytes: $0) },
      advanced: { [observer] in observer.advanced(.quantize, bytes: $0, item: $1) })
    let key = store.key(item)
    guard let list = try stream.run(key: key, progress, beforePublishing: { try resolution.requireUnchangedInputs() })
    else { throw ConversionError.stopped(resume: resumeCommand) }
    var outputs = share.plan.weights.map {
      FileRecord(path: $0.path, bytes: $0.bytes, sha256: list.receiptDigest(ofFile: 0, share.plan, spans))
    }
    for (name, json) in [(UnitList.fileName, list.json), (ItemNote.fileName, note.json)] {
      outputs.append(try WorkFolder.write(json, as: name, in: folder))
    }
    try WeightStream.finish(folder: folder)
    try store.receipt(item, outputs: outputs).write(to: folder)
  }

  /// Gives the folder the item's name. Where a finished item of another machine has it, that one stays: its bytes are the same.
  private func publish(_ attempt: FilePath, _ item: WorkItem) throws {
    let place = store.folder(item)
    // Each round, another machine may have been faster.
    for _ in 0..<100 {
      if try isNamed(attempt, place) { return }
      if try store.state(item, isDeep: true) == .done { return try Folder.removeTree(attempt) }
      try removeDamaged(place, item)
    }
    throw StorageError.busy(folder: place)
  }

  /// Gives the folder a name, unless something has it.
  private func isNamed(_ attempt: FilePath, _ place: FilePath) throws -> Bool {
    do {
      try Folder.renameNoReplace(attempt, place)
      return true
    } catch {
      guard case .targetExists = error else { throw error }
      return false
    }
  }

  /// Takes a damaged item out of the way, if no other machine was faster.
  private func removeDamaged(_ place: FilePath, _ item: WorkItem) throws {
    let aside = try AttemptFolder(for: ItemStore.name(item), in: store.path)
    defer { aside.release() }
    try Folder.removeTree(aside.path)
    do {
      try Folder.renameNoReplace(place, aside.path)
    } catch {
      guard case .io(_, _, let code) = error, code == ENOENT else { throw error }
      return
    }
    try Folder.removeTree(aside.path)
  }

  /// A merge that did not need this attempt has taken its folder away, or somebody did.
  private func conclude(without attempt: FilePath, _ item: WorkItem) throws -> Bool {
    guard try store.state(item, isDeep: true) == .done else { throw ItemError.attemptGone(path: attempt) }
    return false
  }
}
