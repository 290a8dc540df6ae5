import Foundation
import Inference
import StrictJSON

/// Several packages of one source on the same texts: how far each is from the source, by domain, and whether one is nearer
/// than the first.
public struct PackageComparison: Sendable {
  /// One package on one domain.
  public struct Row: Sendable {
    /// The package's number.
    public let package: Int
    /// The domain's name; nil for all of them together.
    public let domain: String?
    /// What was found.
    public let distance: SourceComparison
    /// Mean of KL less that of the first package, position by position, and half the width of its interval of 95 %; nil for
    /// the first.
    public let difference: (mean: Double, halfWidth: Double)?
  }

  /// A text of one kind: chat, code, prose.
  public struct Domain: Sendable {
    /// Its name.
    public let name: String
    /// Token ids.
    public let tokens: [Int]

    /// A text that the source's tokenizer has encoded.
    public init(name: String, tokens: [Int]) {
      self.name = name
      self.tokens = tokens
    }
  }

  /// Paths, and stored bits of a weight over the quantized matrices.
  public let packages: [(path: String, bits: Double?)]
  /// Rows by package, then domain; all domains together last.
  public let rows: [Row]

  /// - Parameters:
  ///   - packages: The converted models.
  ///   - source: The model that they were made from.
  ///   - domains: The texts; windows as in ``SourceComparison``.
  ///   - threads: Threads that compute; nil for the number of processors. Results do not depend on it.
  ///   - isStopped: Asked between passes.
  /// - Throws: As `SourceComparison`.
  public init(
    _ packages: [LoadedModel], source: LoadedModel, domains: [Domain], threads: Int? = nil,
    isStopped: () -> Bool = { false }
  ) throws {
    self.packages = packages.map { ($0.path.string, $0.quantizedBits) }
    var rows: [Row] = []
    var first: [[Double]] = []
    for (number, package) in packages.enumerated() {
      let sets = domains.map { (name: Optional($0.name), texts: [$0.tokens]) }
      let all = sets.count > 1 ? [(name: String?.none, texts: domains.map(\.tokens))] : []
      for (place, set) in (sets + all).enumerated() {
        let distance = try SourceComparison(
          package: package, source: source, texts: set.texts, file: set.name ?? "the texts", threads: threads,
          isStopped: isStopped)
        if number == 0 { first.append(distance.perPosition) }
        rows.append(
          Row(
            package: number, domain: set.name, distance: distance,
            difference: number == 0 ? nil : Self.difference(distance.perPosition, first[place])))
      }
    }
    self.rows = rows
  }

  /// The mean of a − b and 1.96 standard errors of it. Positions of one text are not independent: the interval is the least.
  package static func difference(_ a: [Double], _ b: [Double]) -> (mean: Double, halfWidth: Double) {
    let differences = zip(a, b).map { $0 - $1 }
    let count = Double(differences.count)
    guard count > 1 else { return (differences.first ?? 0, .infinity) }
    let mean = differences.reduce(0, +) / count
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, 1.96 * (squares / (count - 1) / count).squareRoot())
  }

  /// The comparison for programs.
  public var json: JSONValue {
    .object([
      ("cambium_comparison", .int(1)),
      (
        "packages",
        .array(packages.map { .object([("path", .string($0.path)), ("bits_per_weight", .decimal($0.bits, 4))]) })
      ),
      (
        "rows",
        .array(
          rows.map { row in
            .object(
              [
                ("package", .int(row.package)), ("domain", row.domain.map { .string($0) } ?? .null),
                ("distance", row.distance.json),
              ]
                + (row.difference.map {
                  [("kl_less_first", .significant($0.mean)), ("half_width_95", .significant($0.halfWidth))]
                } ?? []))
          })
      ),
    ])
  }

  /// The comparison for people.
  public var text: String {
    var lines: [String] = []
    for (number, package) in packages.enumerated() {
      let bits = package.bits.map { decimal($0, 3) + " bits a weight" } ?? "not quantized"
      lines.append("\(package.path): \(bits)")
      for row in rows where row.package == number {
        let found = row.distance
        var line =
          "  \(row.domain ?? "all"): KL \(significant(found.klMean)), 99 % \(significant(found.kl99)) nats; same best token "
          + "\(decimal(100 * found.topAgreement, 2)) %; perplexity \(decimal(found.perplexityPackage, 4)), source "
          + "\(decimal(found.perplexitySource, 4)); \(found.positions) positions"
        if let (mean, half) = row.difference {
          line += "; KL \(significant(mean)) ± \(significant(half)) against the first"
        }
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n")
  }
}
