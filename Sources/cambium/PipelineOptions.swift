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

  /// The folders, in order: the option, `CAMBIUM_PIPELINES`, beside the manifest, beside the executable's package.
  func folders(manifest: FilePath) -> [FilePath] {
    var folders = [pipelines, ProcessInfo.processInfo.environment["CAMBIUM_PIPELINES"].map { FilePath($0) }].compactMap
    { $0 }
    let base = manifest.absolute.folder
    folders.append(base.appending("pipelines"))
    folders.append(base.folder.appending("pipelines"))
    var place = FilePath(Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingLinks
    for _ in 0..<5 {
      place = place.folder
      folders.append(place.appending("pipelines"))
      folders.append(place.appending("share/cambium/pipelines"))
    }
    return folders
  }

  /// The names that pipelines are called by in the current folder, for completions.
  static func names() -> [String] {
    Pipeline.list(PipelineOptions().folders(manifest: Folder.current.appending("m.json"))).map(\.name)
  }
}
