extension PoolModel {
  struct Access {
    let place: Place
    let isWrite: Bool
  }

  /// What the caller's next step touches that is no atomic.
  private var callerAccesses: [Access] {
    switch caller.at {
    case .prepare: [Access(place: .x(caller.x), isWrite: true)]
    case .setJob, .clearJob: [Access(place: .job, isWrite: true)]
    case .perform, .performTaken, .performRest:
      [Access(place: .x(caller.x), isWrite: false), Access(place: .y(caller.piece), isWrite: true)]
    case .readPiece: [Access(place: .piece(Int8(caller.desk)), isWrite: false)]
    case .useResult: (0..<pieces).map { Access(place: .y($0), isWrite: true) }
    default: []
    }
  }

  private func helperAccesses(_ index: Int) -> [Access] {
    let helper = helpers[index]
    switch helper.at {
    case .readJob: return [Access(place: .job, isWrite: false)]
    case .setPiece: return [Access(place: .piece(Int8(index)), isWrite: true)]
    case .compute: return [Access(place: .x(helper.job?.x ?? -1), isWrite: false)]
    case .perform:
      return [Access(place: .x(helper.job?.x ?? -1), isWrite: false), Access(place: .y(helper.piece), isWrite: true)]
    case .place: return [Access(place: .y(helper.piece), isWrite: true)]
    default: return []
    }
  }

  /// A place that two threads can touch next, one of them writing: a data race, as the memory models of C and Swift have it.
  var race: Place? {
    let all = [callerAccesses] + helpers.indices.map(helperAccesses)
    for (number, accesses) in all.enumerated() {
      for access in accesses {
        for other in all[(number + 1)...].joined()
        where other.place == access.place && (access.isWrite || other.isWrite) {
          return access.place
        }
      }
    }
    return nil
  }
}
