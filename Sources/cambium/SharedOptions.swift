import ArgumentParser
import Diagnostics
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

/// Refuses a number of threads that no run can use.
func requireThreads(_ threads: Int) throws {
  guard (1...1024).contains(threads) else { throw ValidationError("--threads takes a number from 1 to 1024") }
}

/// A number of bytes: `268435456`, `256MiB`, `1GiB`, `500MB`.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  var defaultValueDescription: String { bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes)" }

  init?(argument: String) {
    let units = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ]
    var text = argument
    var factor = 1
    for (unit, value) in units where argument.hasSuffix(unit) {
      text = String(argument.dropLast(unit.count))
      factor = value
    }
    guard let number = Int(text.trimmingCharacters(in: .whitespaces)), number > 0 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    self.bytes = bytes
  }
}

extension String {
  /// An absolute path, from the current folder.
  var absolutePath: String { URL(fileURLWithPath: self).standardizedFileURL.path }

  /// The text as one word of a shell command.
  var shellQuoted: String {
    let plain = allSatisfy { $0.isLetter || $0.isNumber || "-_./=:@+,".contains($0) }
    return plain && !isEmpty ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
