import Benchmarking
import Testing

@Suite struct FiguresTests {
  /// By hand: of 10, 20, 30, 40 the place of a share s is 3·s.
  @Test(arguments: [(0.0, 10.0), (0.5, 25.0), (0.95, 38.5), (0.99, 39.7), (1.0, 40.0), (1.0 / 3, 20.0)])
  func `a percentile lies between the nearest two in proportion`(_ share: Double, _ expected: Double) {
    let found = Figures.percentile([40, 10, 30, 20], share) ?? -1
    #expect(abs(found - expected) < 1e-12)
  }

  @Test func `medians of odd and even counts, and of nothing`() {
    #expect(Figures.median([3, 1, 2]) == 2)
    #expect(Figures.median([4, 1, 2, 3]) == 2.5)
    #expect(Figures.median([7]) == 7)
    #expect(Figures.median([]) == nil && Figures.mean([]) == nil && Figures.percentile([], 0.9) == nil)
    #expect(Figures.mean([1, 2, 6]) == 3)
  }
}
