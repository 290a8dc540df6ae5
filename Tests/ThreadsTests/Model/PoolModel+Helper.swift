extension PoolModel {
  struct Helper: Hashable {
    enum Step: UInt8 {
      case lookForRun, lookForStop, lockChanged, countIn, lookAwake, lookStopAwake, fallAsleep, asleep, lockAgain,
        countAwake
      case unlockChanged, lookStopped, enter, readJob
      case take, perform, setPiece, begin, compute, claim, place, end
      case leave, lookAtCaller, lockEmptied, wake, unlockEmptied, ended
    }
    var at = Step.lookForRun
    var taking = Taking()
    /// The run that was looked at last, as it is called when it is over, and the one that was seen open.
    var seen: Int8 = 0
    var current: Int8 = 0
    var job: Job?
    var piece: Int8 = 0
  }

  /// The states that one step of a helper can lead to.
  func helperSteps(_ index: Int) throws(Violation) -> [PoolModel] {
    switch helpers[index].at {
    case .ended, .asleep: return []
    case .lookForRun, .lookForStop, .lockChanged, .countIn, .lookAwake, .lookStopAwake, .fallAsleep, .lockAgain,
      .countAwake, .unlockChanged:
      return waitForRun(index)
    case .lookStopped, .enter, .readJob: return try enter(index)
    case .take, .perform, .setPiece, .begin, .compute, .claim, .place, .end: return work(index)
    case .leave, .lookAtCaller, .lockEmptied, .wake, .unlockEmptied: return try leave(index)
    }
  }

  /// Looks for an open run other than the last; true when there is one.
  private mutating func look(_ index: Int) -> Bool {
    guard isOpen, run != helpers[index].seen else { return false }
    helpers[index].current = run
    return true
  }

  private func waitForRun(_ index: Int) -> [PoolModel] {
    var next = self
    switch helpers[index].at {
    case .lookForRun: next.helpers[index].at = next.look(index) ? .lookStopped : .lookForStop
    case .lookForStop:
      next.helpers[index].at = .lookStopped
      if isStopped { return [next] }
      // Patience has ended, or it looks again.
      next.helpers[index].at = .lockChanged
      var again = self
      again.helpers[index].at = .lookForRun
      return [next, again]
    case .lockChanged, .lockAgain:
      guard changed.owner < 0 else { return [] }
      next.changed.owner = Int8(index) + 1
      next.helpers[index].at = helpers[index].at == .lockChanged ? .countIn : .lookAwake
    case .countIn:
      next.sleepers += 1
      next.helpers[index].at = .lookAwake
    case .lookAwake: next.helpers[index].at = next.look(index) ? .countAwake : .lookStopAwake
    case .lookStopAwake:
      next.helpers[index].at = isStopped ? .countAwake : .fallAsleep
    case .fallAsleep:
      next.changed.owner = -1
      next.changed.waiting |= 1 << index
      next.helpers[index].at = .asleep
    case .countAwake:
      next.sleepers -= 1
      next.helpers[index].at = .unlockChanged
    default:
      next.changed.owner = -1
      next.helpers[index].at = .lookStopped
    }
    return [next]
  }

  private func enter(_ index: Int) throws(Violation) -> [PoolModel] {
    var next = self
    let helper = helpers[index]
    switch helper.at {
    case .lookStopped: next.helpers[index].at = isStopped ? .ended : .enter
    case .enter:
      next.helpers[index].seen = helper.current
      if run == helper.current, isOpen || defect == .entersClosed {
        next.inside += 1
        next.helpers[index].at = .readJob
      } else {
        next.helpers[index].at = .lookForRun
      }
    default:
      guard let job, job.run == helper.seen else { throw .wrongJob }
      next.helpers[index].job = job
      next.helpers[index].at = .take
    }
    return [next]
  }

  private func work(_ index: Int) -> [PoolModel] {
    var next = self
    let helper = helpers[index]
    var taking = helper.taking
    switch helper.at {
    case .take:
      let taken = next.take(index + 1, &taking)
      next.helpers[index].taking = taking
      switch taken {
      case .goesOn: break
      case .piece(let piece):
        next.helpers[index].piece = piece
        next.helpers[index].at = helper.job?.kind == .numbers ? .perform : .setPiece
      case .nothing: next.helpers[index].at = .leave
      }
    case .perform, .place:
      next.written[Int(helper.piece)] += 1
      next.helpers[index].at = helper.at == .perform ? .take : .end
    case .setPiece:
      next.pieceOnDesk[index] = helper.piece
      next.helpers[index].at = .begin
    case .begin:
      next.desks[index] = .computing(helper.seen)
      next.helpers[index].at = .compute
    case .compute: next.helpers[index].at = defect == .placesUnclaimed ? .place : .claim
    case .claim:
      if desks[index] == .computing(helper.seen) {
        next.desks[index] = .placing(helper.seen)
        next.helpers[index].at = .place
      } else {
        // Dismissed: it counts as outside already.
        next.helpers[index].forget(at: defect == .leavesTwice ? .leave : .lookForRun)
      }
    default:
      next.desks[index] = .idle
      next.helpers[index].at = .take
    }
    return [next]
  }

  private func leave(_ index: Int) throws(Violation) -> [PoolModel] {
    var next = self
    switch helpers[index].at {
    case .leave:
      guard inside > 0 else { throw .countedBelowZero }
      next.inside -= 1
      next.helpers[index].forget(at: inside == 1 ? .lookAtCaller : .lookForRun)
    case .lookAtCaller: next.helpers[index].at = callerSleeps ? .lockEmptied : .lookForRun
    case .lockEmptied:
      guard emptied.owner < 0 else { return [] }
      next.emptied.owner = Int8(index) + 1
      next.helpers[index].at = .wake
    case .wake:
      if emptied.waiting != 0 {
        next.emptied.waiting = 0
        next.caller.at = .lockAgain
      }
      next.helpers[index].at = .unlockEmptied
    default:
      next.emptied.owner = -1
      next.helpers[index].at = .lookForRun
    }
    return [next]
  }
}

extension PoolModel.Helper {
  /// Lets go of the run.
  fileprivate mutating func forget(at step: Step) {
    (job, piece, taking, at) = (nil, 0, PoolModel.Taking(), step)
  }
}
