import Checkpoint
import Files
import Foundation
import Planning
import SystemPackage

/// The package as a reader will see it, before it is published: links to the weights, and the small files, without a
/// drafter. The source is not touched: even one more name of a file changes what the system says of it.
struct StagedPackage {
  /// Its name in the folder of the check.
  static let name = "package"

  private let path: FilePath
  private let work: FilePath

  /// - Parameters:
  ///   - path: the folder to be made; what is there is removed.
  ///   - source: the folder of the small files.
  ///   - weights: the folder of the weight files.
  ///   - work: the folder that links may lead to.
  init(
    _ files: [PlannedFile], at path: FilePath, source: CheckpointFolder, weights: FilePath, linksBeneath work: FilePath
  ) throws {
    self.work = work
    self.path = path
    try Folder.removeTree(path)
    try Folder.create(path)
    // A drafter is opened where it is: it would have to be copied.
    for file in files where !file.path.hasBytes(atStart: DraftCheckpoint.prefix) {
      let target = path.appending(file.path)
      try Folder.create(target.folder)
      switch file.content {
      case .weights:
        try Folder.makeSymbolicLink(at: target, to: weights.appending(file.path))
      case .copied: try AtomicFile.write(source.input(file.path, limit: 1 << 30), to: target)
      case .generated(let bytes): try AtomicFile.write(bytes, to: target)
      case .measured, .drafter: break
      }
    }
  }

  func open() throws -> CheckpointFolder { try CheckpointFolder(.folder(path), linksBeneath: work) }

  func remove() throws { try Folder.removeTree(path) }
}
