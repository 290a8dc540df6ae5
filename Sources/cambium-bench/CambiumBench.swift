import Files
import ArgumentParser
import Benchmarking
import Foundation
import Quantization
import Terminal
import SystemPackage

/// Measures what the machine can do, for the benchmarks of tools/.
@main
struct CambiumBench: Program {
  static let configuration = CommandConfiguration(
    commandName: "cambium-bench", abstract: "Measures physical limits, beside which a conversion's time is set.",
    discussion: """
      Example:
        cambium-bench kernels

      \(HelpSections.exitCodes())

      \(HelpSections.environment(EnvironmentVariable.common))
      """,
    version: ProgramVersion.text("cambium-bench"),
    subcommands: [FloorCommand.self, KernelsCommand.self])
}

struct FloorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "floor",
    abstract: "Reads and digests a folder's shards once, and writes, digests and syncs as many bytes as asked.",
    discussion: """
      Example:
        cambium-bench floor MODEL --output-bytes 1787000000 \\
            --target /tmp/floor.bin --digesting tree

      \(HelpSections.exitCodes())
      """)

  @Argument(help: "A folder with *.safetensors.", completion: .directory) var source: FilePath
  @Option(help: "Bytes to write.") var outputBytes: Int
  @Option(help: "File that is written and removed.", completion: .file()) var target: FilePath
  @OptionGroup var parallel: ThreadOptions
  @Option(help: "single or tree: one SHA-256 stream a thread, or the pages of tree digests.")
  var digesting = ConversionFloor.Digesting.tree

  func run() throws {
    let names = try Folder.entries(source)
    let floor = ConversionFloor(
      sources: names.filter { $0.hasSuffix(".safetensors") }.map { source.appending($0) }, outputBytes: outputBytes,
      target: target, threads: parallel.threads, digesting: digesting)
    let result = try floor.measure()
    Terminal.print(
      "{\"seconds\": \(result.seconds), \"processor_seconds\": \(result.processorSeconds), "
        + "\"bytes_read\": \(result.bytesRead), \"bytes_written\": \(result.bytesWritten)}")
  }
}

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Encodes, measures and digests in one thread, beside the rate at which it reads memory.",
    discussion: """
      GB/s of bf16, or of what is digested: medians, from memory, on a matrix larger than the caches.

      Example:
        cambium-bench kernels --json

      \(HelpSections.exitCodes())

      \(HelpSections.environment([.simd]))
      """)

  @Option(help: "MiB of bf16.") var size = 256
  @Option(help: "Rounds, of which the median counts.") var rounds = 5
  @Flag(help: "Machine-readable output.") var json = false

  func validate() throws {
    guard (1...8192).contains(size) else { throw ValidationError("--size takes a number from 1 to 8192") }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes a number from 1 to 1000") }
  }

  func run() throws {
    let limit = ReadBandwidth.measure(threads: 1, cacheBytes: size << 20)
    let rates = try KernelRates(mebibytes: size, rounds: rounds).measure()
    let entries = [KernelRates.Rate(name: "read memory", bytesPerSecond: limit)] + rates
    if json {
      let lines = entries.map { "  {\"name\": \"\($0.name)\", \"bytes_per_second\": \(Int($0.bytesPerSecond))}" }
      return Terminal.print("[\n" + lines.joined(separator: ",\n") + "\n]")
    }
    Terminal.print("SIMD tier \(SIMDTier.current.rawValue), 1 thread")
    for rate in entries {
      let name = rate.name.padding(toLength: 38, withPad: " ", startingAt: 0)
      let share = limit > 0 ? String(format: "%5.1f %% of reading", 100 * rate.bytesPerSecond / limit) : ""
      Terminal.print(name + String(format: "%7.2f GB/s  ", rate.bytesPerSecond / 1e9) + share)
    }
  }
}

extension ConversionFloor.Digesting: ExpressibleByArgument {}
