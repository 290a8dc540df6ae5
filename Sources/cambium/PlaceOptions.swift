import ArgumentParser
import Conversion
import SystemPackage
import Terminal

/// Where a run works and what it makes, when the manifest's places are not meant.
struct PlaceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Work folder; by default OUTPUT.work.", valueName: "folder"), completion: .directory)
  var work: FilePath?
  @Option(
    help: ArgumentHelp("Folder of the package, instead of the manifest's.", valueName: "folder"), completion: .directory
  )
  var output: FilePath?
}

/// Where the manifest's folders are on this machine.
struct SourceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where the source is on this machine; the package stays the same.", valueName: "folder"),
    completion: .directory) var source: FilePath?
  @Option(
    help: ArgumentHelp("Where the donor is on this machine; the package stays the same.", valueName: "folder"),
    completion: .directory) var donor: FilePath?

  /// Copies the places into the options.
  func enter(_ options: inout RunOptions) {
    options.source = source?.absolute
    options.donor = donor?.absolute
  }
}

/// Whether decoding is checked.
struct CheckOption: ParsableArguments {
  @Flag(help: "Skip the decode check; the package's card then says that it was not checked.")
  var noCheck = false
}
