import ArgumentParser
import Benchmarking
import Diagnostics
import Foundation

/// Measures what the machine can do, for the benchmarks of tools/.
@main struct CambiumBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cambium-bench", abstract: "Measures physical limits, beside which a conversion's time is set.",
    subcommands: [FloorCommand.self])
}

struct FloorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "floor",
    abstract: "Reads and digests a folder's shards once, and writes, digests and syncs as many bytes as asked.",
    discussion: """
      Example:
        cambium-bench floor MODEL --output-bytes 1787000000 --target /tmp/floor.bin --digesting tree
      """)

  @Argument(help: "A folder with *.safetensors.", completion: .directory) var source: String
  @Option(help: "Bytes to write.") var outputBytes: Int
  @Option(help: "File that is written and removed.", completion: .file()) var target: String
  @Option(help: "Threads.") var threads = 2
  @Option(help: "single or tree: one SHA-256 stream a thread, or the pages of tree digests.")
  var digesting = ConversionFloor.Digesting.tree

  func run() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: source).sorted()
    let floor = ConversionFloor(
      sources: names.filter { $0.hasSuffix(".safetensors") }.map { source + "/" + $0 }, outputBytes: outputBytes,
      target: target, threads: max(1, threads), digesting: digesting)
    do {
      let result = try floor.measure()
      print(
        "{\"seconds\": \(result.seconds), \"processor_seconds\": \(result.processorSeconds), "
          + "\"bytes_read\": \(result.bytesRead), \"bytes_written\": \(result.bytesWritten)}")
    } catch let error as any CambiumError {
      FileHandle.standardError.write(Data((error.diagnostic.text + "\n").utf8))
      throw ExitCode(error.diagnostic.exitStatus.rawValue)
    }
  }
}

extension ConversionFloor.Digesting: ExpressibleByArgument {}
