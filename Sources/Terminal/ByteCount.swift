import ArgumentParser
import Foundation

/// A number of bytes on a command line: `268435456`, `256MiB`, `1GiB`, `500MB`, and the same in small letters.
package struct ByteCount: ExpressibleByArgument, Sendable {
  /// How many bytes.
  package let bytes: Int

  /// - Parameter bytes: How many bytes.
  package init(bytes: Int) { self.bytes = bytes }

  package var defaultValueDescription: String { bytes % (1 << 20) == 0 ? "\(bytes >> 20)MiB" : "\(bytes)" }

  package init?(argument: String) {
    let units = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ]
    var text = argument
    var factor = 1
    for (unit, value) in units where argument.lowercased().hasSuffix(unit.lowercased()) {
      text = String(argument.dropLast(unit.count))
      factor = value
    }
    guard let number = Int(text.trimmingCharacters(in: .whitespaces)), number > 0 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    self.bytes = bytes
  }
}
