import ArgumentParser
import SystemPackage
import Terminal

/// Where a run works and what it makes, when the manifest's own places are not meant.
struct PlaceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Work folder; by default OUTPUT.work.", valueName: "folder"), completion: .directory)
  var work: FilePath?
  @Option(
    help: ArgumentHelp("Folder of the package, instead of the manifest's.", valueName: "folder"), completion: .directory
  )
  var output: FilePath?
}
