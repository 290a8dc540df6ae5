import Checking
import Inference
import Testing

/// Packages beside each other on the same texts.
@Suite struct PackageComparisonTests {
  @Test func `the difference of two series is that of their pairs, with the interval worked out by hand`() {
    // Differences 1, 2, 3: mean 2, variance 1, standard error 1 / √3.
    let (mean, half) = PackageComparison.difference([2, 4, 6], [1, 2, 3])
    #expect(mean == 2)
    #expect(abs(half - 1.96 / 3.0.squareRoot()) < 1e-12)
    #expect(PackageComparison.difference([1], [0]).halfWidth == .infinity)
  }

  @Test func `each package has a row for each domain and one for all, and a package is as far as itself`() throws {
    let source = try Models.reference("qwen3_5_moe")
    let other = try Models.reference("qwen3_5_dense_vl")
    let domains = [
      PackageComparison.Domain(name: "a", tokens: Models.madeUp[0].tokens),
      PackageComparison.Domain(name: "b", tokens: Models.madeUp[1].tokens),
    ]
    let comparison = try PackageComparison([other, other, source], source: source, domains: domains, threads: 2)
    #expect(comparison.rows.map(\.domain) == ["a", "b", nil, "a", "b", nil, "a", "b", nil])
    #expect(comparison.rows.prefix(3).allSatisfy { $0.difference == nil && $0.distance.klMean > 0 })
    #expect(comparison.rows[3..<6].allSatisfy { $0.difference?.mean == 0 && $0.difference?.halfWidth == 0 })
    #expect(comparison.rows[6..<9].allSatisfy { ($0.difference?.mean ?? 0) < 0 && $0.distance.klMean == 0 })
    #expect(
      comparison.rows[2].distance.positions == comparison.rows[0].distance.positions
        + comparison.rows[1].distance.positions)
    #expect(comparison.packages.allSatisfy { $0.bits == nil })
    #expect(comparison.json["cambium_comparison"]?.intValue == 1)
  }
}
