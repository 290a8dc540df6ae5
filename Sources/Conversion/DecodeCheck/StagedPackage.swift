import Checkpoint
import Files
import Foundation

/// The package as a reader will see it, before it is published: links to the weights, and the small files. The source is
/// not touched: even one more name of a file changes what the system says of it.
struct StagedPackage {
  private let path: String
  private let work: String

  init(_ context: RunContext) throws {
    work = context.workFolder
    path = context.folder(.check) + "/package"
    try Folder.removeTree(path)
    try Folder.create(path)
    for file in context.plan.files {
      let target = path + "/" + file.path
      switch file.content {
      case .weights:
        let weights = context.folder(.quantize) + "/" + file.path
        try FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: weights)
      case .copied(let source): try AtomicFile.write(ReadOnlyFile(path: source).readAll(limit: 1 << 30), to: target)
      case .generated(let bytes): try AtomicFile.write(bytes, to: target)
      case .measured: break
      }
    }
  }

  func open() throws -> CheckpointFolder { try CheckpointFolder(.folder(path), linksBeneath: work) }

  func remove() throws { try Folder.removeTree(path) }
}
