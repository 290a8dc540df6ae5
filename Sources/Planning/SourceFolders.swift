import Checkpoint
import Files
import Manifests

/// The folders that tensors are read from.
package struct SourceFolders: Sendable {
  /// The folder of the source.
  package let trunk: CheckpointFolder
  /// The donor, or the trunk's own folder.
  package let head: CheckpointFolder
  /// What error feedback goes by; nil without it.
  package let calibration: Calibration?

  /// - Parameter resolution: What the manifest was resolved to.
  package init(_ resolution: Resolution) {
    trunk = resolution.source
    head = resolution.headFolder ?? resolution.source
    calibration = resolution.calibration
  }

  /// The folder that a tensor of this origin is read from.
  package subscript(origin: TensorOrigin) -> CheckpointFolder { origin == .head ? head : trunk }
}

extension Resolution {
  /// Refuses to go on when a shard is no longer the file that was opened.
  package func requireUnchangedInputs() throws {
    for folder in [source, donor].compactMap({ $0 }) {
      // What the hub has under a commit does not change; each of its answers says which content it is of.
      for shard in folder.shards where !shard.file.isElsewhere {
        let path = folder.path.appending(shard.name)
        guard let now = try ReadOnlyFile.ifThere(path), now.identity == shard.file.identity else {
          throw ConversionError.inputChanged(file: path.string)
        }
      }
    }
    if let file = adapter?.weights, try ReadOnlyFile.ifThere(file.path)?.identity != file.identity {
      throw ConversionError.inputChanged(file: file.path.string)
    }
  }
}
