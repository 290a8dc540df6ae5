import Diagnostics
import StrictJSON

/// How far a package is from its source, for people: every number has a fixed width, so that a page's length is known
/// before they are.
package struct SourceFigures: Sendable {
  private let found: DecodeFigures.Source

  init(_ found: DecodeFigures.Source) { self.found = found }

  /// What the figures are called, and one that fills the same width.
  static let columns = [
    "KL, mean", "KL, 99 %", "KL, largest", "same best token", "perplexity, source", "perplexity, package", "positions",
  ]

  /// The figures in the order of ``columns``; dashes as wide where there are none.
  static func cells(_ figures: SourceFigures?) -> [String] {
    guard let found = figures?.found else { return [8, 8, 8, 8, 8, 8, 3].map { pad("-", $0) } }
    return [
      wide(found.klMean), wide(found.kl99), wide(found.klMaximum), wide(100 * found.topAgreement),
      wide(found.perplexitySource), wide(found.perplexityPackage), pad("\(min(found.positions, 999))", 3),
    ]
  }

  /// Mean of KL(source, package) in nats.
  package var klMean: Double { found.klMean }

  /// One line for a terminal.
  package var words: String {
    "KL \(Fixed.places(found.klMean, 6)) nats in the mean, \(Fixed.places(found.kl99, 6)) at 99 %; same best token "
      + "\(Fixed.places(100 * found.topAgreement, 2)) %; perplexity \(Fixed.places(found.perplexityPackage, 4)), source "
      + Fixed.places(found.perplexitySource, 4)
  }

  /// The figures for a run's document.
  package var json: JSONValue {
    func number(_ value: Double, _ places: Int) -> JSONValue { JSONValue(.number(Fixed.places(value, places))) }
    return .object([
      ("positions", .int(found.positions)), ("kl_mean", number(found.klMean, 8)), ("kl_p99", number(found.kl99, 8)),
      ("top1_agreement", number(found.topAgreement, 6)),
      ("perplexity_source", number(min(found.perplexitySource, 1e6), 6)),
      ("perplexity_package", number(min(found.perplexityPackage, 1e6), 6)),
    ])
  }

  /// Eight characters: as many decimals as there is room for.
  private static func wide(_ value: Double) -> String {
    guard value >= 0, value < 999_999 else { return pad(">= 1e6", 8) }
    // One place less where rounding makes a digit more.
    for places in stride(from: 6, through: 1, by: -1) {
      let text = Fixed.places(value, places)
      if text.utf8.count <= 8 { return pad(text, 8) }
    }
    return pad(">= 1e6", 8)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }
}
