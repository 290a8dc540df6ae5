extension PoolModel {
  /// All that distinguishes one state of a search from another, packed.
  struct Key: Hashable {
    private var words: SIMD4<UInt64> = .zero
    private var bits = 0

    mutating func add(_ value: some BinaryInteger, _ width: Int) {
      if bits % 64 + width > 64 { bits = (bits / 64 + 1) * 64 }
      let mask = (UInt64(1) << UInt64(width)) - 1
      words[bits / 64] |= (UInt64(truncatingIfNeeded: value) & mask) << UInt64(bits % 64)
      bits += width
    }

    mutating func add(_ value: Bool) { add(value ? 1 : 0, 1) }
  }

  var key: Key {
    var key = Key()
    key.add(run, 2)
    key.add(isOpen)
    key.add(inside, 3)
    key.add(isStopped)
    key.add(sleepers, 2)
    key.add(callerSleeps)
    for sleep in [changed, emptied] {
      key.add(sleep.owner + 1, 2)
      key.add(sleep.waiting, 2)
    }
    key.add(job)
    for range in ranges { key.add(range, 8) }
    for desk in desks { key.add(desk) }
    for piece in pieceOnDesk { key.add(piece, 3) }
    for times in written { key.add(times, 2) }
    key.add(caller)
    for helper in helpers { key.add(helper) }
    return key
  }
}

extension PoolModel.Key {
  fileprivate mutating func add(_ job: PoolModel.Job?) {
    add(job?.run ?? 0, 2)
    add(job?.x ?? 0, 2)
  }

  fileprivate mutating func add(_ desk: PoolModel.Desk) {
    switch desk {
    case .idle: add(0, 4)
    case .computing(let run): add(run << 2 | 1, 4)
    case .placing(let run): add(run << 2 | 2, 4)
    }
  }

  fileprivate mutating func add(_ taking: PoolModel.Taking) {
    add(taking.at.rawValue, 2)
    add(taking.other, 2)
    add(taking.victim, 2)
    add(taking.seen, 8)
    add(taking.kept, 8)
    add(taking.result, 3)
  }

  fileprivate mutating func add(_ caller: PoolModel.Caller) {
    add(caller.at.rawValue, 6)
    add(caller.taking)
    add(caller.piece, 3)
    add(caller.desk, 2)
    add(caller.dismissed, 2)
    add(caller.x, 2)
    add(caller.hasLooked)
  }

  fileprivate mutating func add(_ helper: PoolModel.Helper) {
    add(helper.at.rawValue, 6)
    add(helper.taking)
    add(helper.seen, 2)
    add(helper.current, 2)
    add(helper.job)
    add(helper.piece, 3)
  }
}
