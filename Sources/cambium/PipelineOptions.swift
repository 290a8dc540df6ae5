import ArgumentParser
import Files
import Foundation
import Manifests
import SystemPackage

/// Where pipelines are looked up by name.
struct PipelineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Folder of pipelines, looked up before the shipped ones.", valueName: "folder"),
    completion: .directory)
  var pipelines: FilePath?

  /// The folders, in order and each once: the option, `CAMBIUM_PIPELINES`, beside the manifest, beside the executable's
  /// package.
  /// - Throws: `ManifestError.pipelinesMissing(path:)` for an option that names no folder: another pipeline of the same
  ///   name would be taken.
  func folders(manifest: FilePath) throws -> [FilePath] {
    if let pipelines, try !Folder.isFolder(pipelines) {
      throw ManifestError.pipelinesMissing(path: pipelines.absolute)
    }
    var folders = [pipelines, ProcessInfo.processInfo.environment["CAMBIUM_PIPELINES"].map { FilePath($0) }].compactMap
    { $0 }
    let base = manifest.absolute.folder
    folders.append(base.appending("pipelines"))
    folders.append(base.folder.appending("pipelines"))
    var place = ProgramPath.own
    for _ in 0..<5 {
      place = place.folder
      folders.append(place.appending("pipelines"))
      folders.append(place.appending("share/cambium/pipelines"))
    }
    var seen: Set<FilePath> = []
    return folders.filter { seen.insert($0).inserted }
  }

  /// The names that pipelines are called by in the current folder, for completions, which have nobody to tell what failed.
  static func names() -> [String] {
    let manifest = Folder.current.appending("m.json")
    return (try? Pipeline.list(PipelineOptions().folders(manifest: manifest)).map(\.name)) ?? []
  }
}
