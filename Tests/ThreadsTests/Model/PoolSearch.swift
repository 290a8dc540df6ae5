/// All interleavings of a ``PoolModel``: every state that can be reached is looked at once.
struct PoolSearch {
  private(set) var states = 0
  /// States in which all threads have ended.
  private(set) var ends = 0
  private(set) var violation: Violation?

  init(_ model: PoolModel) {
    var seen: Set<PoolModel.Key> = [model.key]
    var open = [model]
    while let state = open.popLast() {
      states += 1
      do {
        for next in try Self.steps(state) where seen.insert(next.key).inserted { open.append(next) }
      } catch {
        violation = error
        return
      }
      if state.isFinished { ends += 1 }
    }
  }

  private static func steps(_ state: PoolModel) throws(Violation) -> [PoolModel] {
    if let place = state.race { throw .race(place) }
    var next = try state.callerSteps()
    for index in state.helpers.indices { next += try state.helperSteps(index) }
    if next.isEmpty, !state.isFinished { throw .deadlock }
    return next
  }
}
