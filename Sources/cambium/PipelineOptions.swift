import ArgumentParser
import Foundation

/// Where pipelines are looked up by name.
struct PipelineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Folder of pipelines, looked up before the shipped ones.", valueName: "folder"))
  var pipelines: String?

  /// The folders, in order: the option, `CAMBIUM_PIPELINES`, beside the manifest, beside the executable's package.
  func folders(manifest: String) -> [String] {
    var folders = [pipelines, ProcessInfo.processInfo.environment["CAMBIUM_PIPELINES"]].compactMap { $0 }
    let base = URL(fileURLWithPath: manifest).deletingLastPathComponent()
    folders.append(base.appendingPathComponent("pipelines").path)
    folders.append(base.deletingLastPathComponent().appendingPathComponent("pipelines").path)
    var place = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingSymlinksInPath()
    for _ in 0..<5 {
      place = place.deletingLastPathComponent()
      folders.append(place.appendingPathComponent("pipelines").path)
      folders.append(place.appendingPathComponent("share/cambium/pipelines").path)
    }
    return folders
  }
}
