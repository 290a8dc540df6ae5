import ArgumentParser
import Digests
import Files
import Foundation
import Planning
import SystemPackage
import Terminal

/// The partition of a command line: `7/50`, or what an engine says in the environment.
struct PartitionChoice: ExpressibleByArgument {
  private let text: String

  init?(argument: String) {
    text = argument
    guard Partition(argument) != nil || argument == "auto" || autoCount != nil else { return nil }
  }

  /// N of `auto/N`.
  private var autoCount: Int? {
    guard text.hasPrefix("auto/"), let count = Partition.number(text.dropFirst(5)), Partition(0, of: count) != nil
    else {
      return nil
    }
    return count
  }

  /// - Throws: `ValidationError` when it is the engine's to say, and the environment does not.
  func partition(_ environment: [String: String]) throws -> Partition {
    if let partition = Partition(text) { return partition }
    let engines = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"].filter { environment[$0] != nil }
    guard engines.count == 1, let index = environment[engines[0]].flatMap({ Partition.number($0) }) else {
      throw ValidationError(
        "--partition \(text) takes a number from one of SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX, which "
          + (engines.isEmpty
            ? "are not set" : "hold \(engines.map { "\"\(environment[$0] ?? "")\"" }.joined(separator: ", "))"))
    }
    let count = try autoCount ?? Self.arrayCount(environment)
    guard let partition = Partition(index, of: count) else {
      throw ValidationError("--partition \(text): there is no partition \(index)")
    }
    return partition
  }

  /// How many tasks an array of Slurm has, when it begins at 0 and leaves none out.
  private static func arrayCount(_ environment: [String: String]) throws -> Int {
    let number = { (name: String) in environment[name].flatMap { Partition.number($0) } }
    guard let count = number("SLURM_ARRAY_TASK_COUNT"), number("SLURM_ARRAY_TASK_MIN") == 0,
      let last = number("SLURM_ARRAY_TASK_MAX"), last == count - 1
    else {
      throw ValidationError("--partition auto needs an array of Slurm that is whole; else say --partition auto/N")
    }
    return count
  }
}

/// How many partitions a command speaks of.
struct PartitionCount: ExpressibleByArgument {
  let count: Int

  init?(argument: String) {
    guard let count = Partition.number(argument), Partition(0, of: count) != nil else { return nil }
    self.count = count
  }
}

/// The digest of this program.
func programDigest() throws -> SHA256Digest {
  try digestOfFile(atPath: ProgramPath.own).digest
}
