extension PoolModel {
  struct Caller: Hashable {
    enum Step: UInt8 {
      case prepare, setJob, deal, open, lookForSleepers, lockChanged, wake, unlockChanged
      case take, perform, close
      case patience, takeBack, readPiece, performTaken, countOut, takeRest, performRest
      case empty, lockEmptied, saySleeps, lookInside, fallAsleep, asleep, lockAgain, sayAwake, unlockEmptied
      case clearJob, useResult
      case stop, lockToStop, wakeToStop, unlockToStop, ended
    }
    var at = Step.prepare
    var taking = Taking()
    /// The piece in hand, and the desk that is looked at.
    var piece: Int8 = 0
    var desk = 0
    var dismissed: Int8 = 0
    /// The memory of the prepared numbers.
    var x: Int8 = 0
    /// What a defect remembers.
    var hasLooked = false
  }

  /// The states that one step of the caller can lead to.
  func callerSteps() throws(Violation) -> [PoolModel] {
    switch caller.at {
    case .ended, .asleep: return []
    case .prepare, .setJob, .deal, .open, .lookForSleepers, .lockChanged, .wake, .unlockChanged: return beginRun()
    case .take, .perform, .close, .takeRest, .performRest: return workAsCaller()
    case .patience, .takeBack, .readPiece, .performTaken, .countOut: return try dismiss()
    case .empty, .lockEmptied, .saySleeps, .lookInside, .fallAsleep, .lockAgain, .sayAwake, .unlockEmptied:
      return waitUntilEmpty()
    case .clearJob, .useResult: return try endRun()
    case .stop, .lockToStop, .wakeToStop, .unlockToStop: return stop()
    }
  }

  private func beginRun() -> [PoolModel] {
    var next = self
    switch caller.at {
    case .prepare: next.caller.at = .setJob
    case .setJob:
      next.job = Job(run: run + 1, kind: kinds[Int(run)], x: caller.x)
      next.caller.at = .deal
    case .deal:
      next.deal()
      next.caller.at = .open
    case .open:
      (next.run, next.isOpen, next.inside) = (run + 1, true, 0)
      next.caller.at = .lookForSleepers
    case .lookForSleepers: next.caller.at = sleepers > 0 ? .lockChanged : .take
    case .lockChanged:
      guard changed.owner < 0 else { return [] }
      next.changed.owner = 0
      next.caller.at = .wake
    case .wake:
      next.wakeHelpers()
      next.caller.at = .unlockChanged
    default:
      next.changed.owner = -1
      next.caller.at = .take
    }
    return [next]
  }

  mutating func wakeHelpers() {
    for index in helpers.indices where changed.waiting & 1 << index != 0 { helpers[index].at = .lockAgain }
    changed.waiting = 0
  }

  private func workAsCaller() -> [PoolModel] {
    var (next, taking) = (self, caller.taking)
    let isRest = caller.at == .takeRest || caller.at == .performRest
    switch caller.at {
    case .take, .takeRest:
      let taken = next.take(0, &taking)
      next.caller.taking = taking
      switch taken {
      case .goesOn: break
      case .piece(let piece):
        next.caller.piece = piece
        next.caller.at = isRest ? .performRest : .perform
      case .nothing: next.caller.at = isRest ? .empty : .close
      }
    case .perform, .performRest:
      next.written[Int(caller.piece)] += 1
      next.caller.at = isRest ? .takeRest : .take
    default:
      if defect != .doesNotClose { next.isOpen = false }
      next.caller.at = kinds[Int(run) - 1] == .detachable ? .patience : .empty
    }
    return [next]
  }

  private func dismiss() throws(Violation) -> [PoolModel] {
    var next = self
    switch caller.at {
    case .patience:
      next.caller.at = inside == 0 ? .empty : .takeBack
      next.caller.desk = 0
    case .takeBack:
      if caller.desk == desks.count {
        next.caller.at = .takeRest
      } else if desks[caller.desk] == .computing(run) {
        next.desks[caller.desk] = .idle
        next.caller.at = .readPiece
      } else {
        next.caller.desk += 1
      }
    case .readPiece:
      next.caller.piece = pieceOnDesk[caller.desk]
      next.caller.at = .performTaken
    case .performTaken:
      next.written[Int(caller.piece)] += 1
      next.caller.at = .countOut
    default:
      guard inside > 0 else { throw .countedBelowZero }
      next.inside -= 1
      next.caller.dismissed += 1
      next.caller.desk += 1
      next.caller.at = .takeBack
    }
    return [next]
  }

  private func waitUntilEmpty() -> [PoolModel] {
    var next = self
    switch caller.at {
    case .empty: next.caller.at = inside == 0 ? .clearJob : .lockEmptied
    case .lockEmptied, .lockAgain:
      guard emptied.owner < 0 else { return [] }
      next.emptied.owner = 0
      next.caller.at = caller.at == .lockAgain ? .lookInside : .saySleeps
      if defect == .sleepsTooLate, !caller.hasLooked { next.caller.at = .lookInside }
    case .saySleeps:
      next.callerSleeps = true
      next.caller.at = defect == .sleepsTooLate ? .fallAsleep : .lookInside
    case .lookInside:
      if inside == 0 {
        next.caller.at = .sayAwake
      } else if defect == .sleepsTooLate, !caller.hasLooked {
        next.caller.hasLooked = true
        next.caller.at = .saySleeps
      } else {
        next.caller.at = .fallAsleep
      }
    case .fallAsleep:
      next.emptied = Sleep(owner: -1, waiting: 1)
      next.caller.at = .asleep
    case .sayAwake:
      next.callerSleeps = false
      next.caller.at = .unlockEmptied
    default:
      next.emptied.owner = -1
      next.caller.at = .clearJob
    }
    return [next]
  }

  private func endRun() throws(Violation) -> [PoolModel] {
    var next = self
    if caller.at == .clearJob {
      next.job = nil
      next.caller.at = .useResult
      return [next]
    }
    for times in written where times != 1 { throw .pieceDone(times: times) }
    next.written = Array(repeating: 0, count: Int(pieces))
    if caller.dismissed > 0, defect != .reusesMemory { next.caller.x += 1 }
    (next.caller.dismissed, next.caller.desk, next.caller.piece, next.caller.hasLooked) = (0, 0, 0, false)
    next.caller.at = Int(run) < kinds.count ? .prepare : .stop
    return [next]
  }

  private func stop() -> [PoolModel] {
    var next = self
    switch caller.at {
    case .stop:
      next.isStopped = true
      next.caller.at = defect == .wakesUnlocked ? .wakeToStop : .lockToStop
    case .lockToStop:
      guard changed.owner < 0 else { return [] }
      next.changed.owner = 0
      next.caller.at = .wakeToStop
    case .wakeToStop:
      next.wakeHelpers()
      next.caller.at = defect == .wakesUnlocked ? .ended : .unlockToStop
    default:
      next.changed.owner = -1
      next.caller.at = .ended
    }
    return [next]
  }
}
