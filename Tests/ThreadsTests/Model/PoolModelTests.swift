import Testing

/// The pool's protocol in all orders in which the steps of a caller and two helpers can follow one another.
@Suite struct PoolModelTests {
  /// Runs one after another, then a stop.
  private static let scenarios: [(kinds: [PoolModel.Kind], pieces: Int8)] = [
    ([.numbers], 4),
    ([.detachable], 4),
    ([.numbers, .detachable], 2),
    ([.detachable, .numbers], 2),
    ([.detachable, .detachable], 2),
  ]

  @Test(arguments: scenarios) func `no order of steps races, hangs, or leaves a piece undone or done twice`(
    kinds: [PoolModel.Kind], pieces: Int8
  ) {
    let search = PoolSearch(PoolModel(kinds, pieces: pieces))
    print("pool model: \(kinds.map { "\($0)" }.joined(separator: ", ")), \(pieces) pieces: \(search.states) states")
    #expect(search.violation == nil)
    #expect(search.ends > 0)
    #expect(search.states > 100_000)
  }

  private static let found: [(PoolModel.Defect, Set<Violation>)] = [
    (.doesNotClose, [.race(.job)]),
    (.entersClosed, [.race(.job)]),
    (.placesUnclaimed, [.countedBelowZero]),
    (.leavesTwice, [.countedBelowZero]),
    (.reusesMemory, [.race(.x(0))]),
    (.sleepsTooLate, [.deadlock]),
    (.wakesUnlocked, [.deadlock]),
  ]

  @Test(arguments: found) func `a fault that is built in is found`(
    defect: PoolModel.Defect, expected: Set<Violation>
  ) throws {
    let search = PoolSearch(PoolModel([.detachable, .detachable], pieces: 2, defect: defect))
    print("pool model with \(defect): \(search.violation.map { "\($0)" } ?? "nothing") after \(search.states) states")
    #expect(expected.contains(try #require(search.violation)))
  }

  @Test func `every fault has its finding`() {
    #expect(Set(Self.found.map(\.0)) == Set(PoolModel.Defect.allCases))
  }

  @Test func `a state that differs in one bit has another key`() {
    let model = PoolModel([.numbers], pieces: 3)
    var others: [PoolModel] = Array(repeating: model, count: 6)
    others[0].isStopped = true
    others[1].helpers[1].at = .lookForStop
    others[2].ranges[2] = 1
    others[3].caller.x = 1
    others[4].desks[0] = .computing(1)
    others[5].emptied.owner = 0
    #expect(Set((others + [model]).map(\.key)).count == 7)
  }
}
