import Checking
import Foundation

/// What makes the tables readable without the page that explains them.
extension BenchReport {
  /// A warning, when others had the machine too: a load of one is a processor that somebody else uses.
  var busyLines: [String] {
    guard let load, load >= 1 else { return [] }
    return [
      "BUSY: load \(decimal(load, 1)) on \(machine.processors) processors when it began; times are too long, and rates too low"
    ]
  }

  /// How fast each decoder is compared with vanilla decoding over all classes: the geometric mean, in which a class
  /// that is twice as fast and one that is half as fast make one. Only verified ways of drafting are listed.
  var overall: [(decoder: String, ratio: Double)] {
    var names: [String] = []
    for row in results where row.isVerified && row.decoder != "vanilla" && !names.contains(row.decoder) {
      names.append(row.decoder)
    }
    return names.compactMap { name in
      let ratios = results.filter { $0.decoder == name }.map(\.toVanilla)
      guard !ratios.isEmpty, ratios.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
      return (name, exp(ratios.map { log($0) }.reduce(0, +) / Double(ratios.count)))
    }
  }

  /// How the tables are read, and the best way of drafting.
  var readingLines: [String] {
    let overall = overall
    var lines: [String] = []
    if let best = overall.max(by: { $0.ratio < $1.ratio }) {
      let ratios = overall.map { "\($0.decoder) \(decimal($0.ratio, 3)) ×" }.joined(separator: ", ")
      let classes = kinds.count == 1 ? "" : "over \(kinds.count) classes (geometric means): "
      lines.append(
        "\(classes)\(ratios); "
          + (best.ratio > 1
            ? "\(best.decoder) is fastest" + (isImposed ? ", with imposed acceptance" : "")
            : "none is faster than decoding without drafts"))
    }
    return lines + [
      "×: speed beside vanilla in the same repetition, the median of these ratios, and so not quite the ratio of the medians;",
      "whole: tok/s with the prompt's time in it; ITL: milliseconds from token to token; of mem: GB/s beside what memory gives",
    ]
  }
}
