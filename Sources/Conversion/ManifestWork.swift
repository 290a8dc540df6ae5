import Files
import Manifests
import Planning
import SystemPackage
import Workspace

/// The work folder of a manifest, found by the manifest alone: how far a run has come, and what it left, is told by the folder.
/// Neither the source nor the network is needed.
public struct ManifestWork: Sendable {
  /// Absolute path of the folder.
  public let work: FilePath
  /// Whether the manifest wants a model read on the hub.
  public let isRemote: Bool

  /// The work folders of a manifest: the package's, and those of the folders beside it.
  /// - Throws: `ManifestError`, `JSONError`, `FileError`.
  public static func all(manifest path: FilePath, options: RunOptions) throws -> [ManifestWork] {
    let manifest = try Manifest(path: path).placed(source: options.source, donor: options.donor)
    return PackageTarget.all(manifest).map { target in
      let output = (options.output ?? manifest.output).appending(suffix: target.suffix)
      return ManifestWork(
        work: Run.work(options, target, output),
        isRemote: manifest.source.remote != nil || manifest.donor?.remote != nil)
    }
  }

  /// How far the run has come. How many units the weights have in all is not known here.
  /// - Throws: what reading the work folder throws.
  public func status() throws -> WorkStatus { try WorkStatus(work: work) { nil } }

  /// Removes the work folder of a run that has published its package, of it what runs put there.
  /// - Parameters:
  ///   - isUnfinished: Whether the work of a run that has not may go, too.
  ///   - remote: What in a folder was kept of models of the hub.
  /// - Returns: What stays in it, since no run made it; nil when there is no work folder.
  /// - Throws: `ConversionError.workUnfinished(path:)`, `ConversionError.workLink(path:target:)`; `WorkspaceError.locked` while a
  ///   run has it, `ItemError.living(work:attempts:)` while machines convert in it.
  public func clean(unfinished isUnfinished: Bool, remote: (FilePath) throws -> [Folder.Entry]) throws -> [String]? {
    guard let status = try linkStatus(work) else { return nil }
    guard !status.isLink else { throw ConversionError.workLink(path: work, target: work.resolvingLinks) }
    let folder = WorkFolder(path: work)
    try folder.requireOwn()
    let living = try AttemptFolder.living(in: work.appending(WorkFolder.items))
    guard living.isEmpty else { throw ItemError.living(work: work, attempts: living) }
    let lock = try WorkLock(folder: work)
    defer { lock.release() }
    guard try isUnfinished || folder.hasPublished() else { throw ConversionError.workUnfinished(path: work) }
    return try folder.clean(remote: remote)
  }
}
