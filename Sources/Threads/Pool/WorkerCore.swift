import CKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the threads of a `WorkerPool` share.
///
/// `state` is the number of the run (high bits), whether it is open, and how many helpers are inside it. A helper enters
/// an open run by adding itself with a compare-and-swap, and the caller closes the run before it waits for those inside:
/// so `job` is read only while it cannot change. From ``DetachableWork`` the caller can also dismiss a helper, see
/// ``HelperDesk``: it then counts as outside, and has a separate reference to the work, whose memory nobody writes any more.
/// Each step of this protocol has its counterpart in the model of `PoolModelTests`, which tries all orders of them.
final class WorkerCore: @unchecked Sendable {
  private static let open: UInt64 = 1 << 16
  private static let inside: UInt64 = open - 1
  private static let nextRun: UInt64 = open << 1
  /// How long an idle thread looks for work before it sleeps.
  private static let patience: UInt64 = 50_000
  /// How long the caller waits for the last pieces of detachable work at least.
  private static let leastDetachedPatience: UInt64 = 10_000
  /// Nanoseconds of waiting beyond what pieces of work explain.
  private static let unusual: UInt64 = 500_000

  private let state = Atomic<UInt64>(0)
  private let stopped = Atomic<Bool>(false)
  let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let changed = Condition()
  private let emptied = Condition()
  private var job: WorkerJob?
  private let ranges: WorkerRanges
  /// The rest of each helper, by its number less 1.
  private let rests: [HelperRest]
  private let desks: [HelperDesk]
  /// Helpers that the caller did not wait for, so far.
  let dismissed = Atomic<Int>(0)
  /// The processor that the caller was on when this run began.
  private let callerProcessor = Atomic<Int>(-1)
  /// Runs that a helper begins on the caller's processor before it goes elsewhere.
  private static let runsTogether = 4
  /// Nanoseconds of the caller's longest piece in this run.
  private var longestPiece: UInt64 = 0

  init(helpers: Int) {
    rests = (0..<helpers).map { _ in HelperRest() }
    desks = (0..<helpers).map { _ in HelperDesk() }
    ranges = WorkerRanges(workers: helpers + 1)
  }

  /// The caller's side of a run.
  /// - Returns: how many helpers were dismissed.
  func run(_ job: WorkerJob) -> Int {
    self.job = job
    ranges.deal(job.pieces)
    callerProcessor.store(Int(cambium_processor()), ordering: .relaxed)
    let run = (state.load(ordering: .relaxed) & ~(Self.open | Self.inside)) &+ Self.nextRun
    state.store(run | Self.open, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      changed.lock()
      changed.wakeAll()
      changed.unlock()
    }
    longestPiece = 0
    switch job {
    case .numbers(let numbers): workAsCaller { numbers.work(on: $0, as: 0) }
    case .detachable(let work): workAsCaller(work.perform)
    }
    state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
    var count = 0
    if case .detachable(let work) = job { count = dismissLateHelpers(work, run: run) }
    waitUntilEmpty()
    self.job = nil
    return count
  }

  /// Takes back what helpers have not done in twice the time of a piece, and does it, with what else is left to them.
  /// - Returns: how many helpers lost their piece.
  private func dismissLateHelpers(_ work: any DetachableWork, run: UInt64) -> Int {
    let patience = max(Self.leastDetachedPatience, 2 * longestPiece)
    if spin(for: patience, until: { self.state.load(ordering: .acquiring) & Self.inside == 0 }) { return 0 }
    var count = 0
    for desk in desks {
      guard let piece = desk.takeBack(run: run) else { continue }
      work.perform(piece)
      state.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      count += 1
    }
    dismissed.wrappingAdd(count, ordering: .relaxed)
    while let piece = ranges.take(0) { work.perform(piece) }
    return count
  }

  private func waitUntilEmpty() {
    if spin(until: { self.state.load(ordering: .acquiring) & Self.inside == 0 }) { return }
    let began = DispatchTime.now().uptimeNanoseconds
    let late = rests.filter { $0.isInside.load(ordering: .relaxed) }
    // Sleeping, not spinning, lets the system move a helper that lost its core to this one.
    emptied.lock()
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while state.load(ordering: .sequentiallyConsistent) & Self.inside != 0 { emptied.wait() }
    callerSleeps.store(false, ordering: .sequentiallyConsistent)
    emptied.unlock()
    let now = DispatchTime.now().uptimeNanoseconds
    // A helper that has a core to itself has at most one piece to end.
    guard now - began > Self.unusual + 4 * longestPiece else { return }
    for rest in late { rest.begin(at: now) }
  }

  /// The life of a helper.
  func serve(as worker: Int) {
    var seen: UInt64 = 0
    var together = 0
    while true {
      let current = waitForRun(after: seen)
      if stopped.load(ordering: .acquiring) { return }
      let rest = rests[worker - 1].left(at: DispatchTime.now().uptimeNanoseconds)
      if rest > 0 {
        usleep(UInt32(rest / 1000 + 1))
        continue
      }
      seen = current & ~(Self.open | Self.inside)
      // When another program holds a processor, the system may leave caller and helper to share one, and the two take turns.
      let processor = cambium_processor()
      together = processor >= 0 && Int(processor) == callerProcessor.load(ordering: .relaxed) ? together + 1 : 0
      if together == Self.runsTogether { _ = cambium_avoid_processor(processor) }
      guard enter(seen) else { continue }
      rests[worker - 1].isInside.store(true, ordering: .relaxed)
      let isStillInside = work(as: worker, run: seen)
      rests[worker - 1].isInside.store(false, ordering: .relaxed)
      if isStillInside { leave() }
    }
  }

  /// The state once it shows an open run other than `seen`.
  private func waitForRun(after seen: UInt64) -> UInt64 {
    var current: UInt64 = 0
    let ready = {
      current = self.state.load(ordering: .sequentiallyConsistent)
      let fresh = current & Self.open != 0 && current & ~(Self.open | Self.inside) != seen
      return fresh || self.stopped.load(ordering: .acquiring)
    }
    if spin(until: ready) { return current }
    changed.lock()
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while !ready() { changed.wait() }
    sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    changed.unlock()
    return current
  }

  private func enter(_ run: UInt64) -> Bool {
    var current = state.load(ordering: .acquiring)
    while current & Self.open != 0, current & ~(Self.open | Self.inside) == run {
      let result = state.compareExchange(expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
      if result.exchanged { return true }
      current = result.original
    }
    return false
  }

  private func leave() {
    let left = state.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
    if left & Self.inside == 0, callerSleeps.load(ordering: .sequentiallyConsistent) {
      emptied.lock()
      emptied.wakeAll()
      emptied.unlock()
    }
  }

  /// False when the caller has dismissed the helper. Nothing of the job is held when this returns.
  private func work(as worker: Int, run: UInt64) -> Bool {
    guard let job else { return true }
    switch job {
    case .numbers(let numbers):
      while let piece = ranges.take(worker) { numbers.work(on: piece, as: worker) }
      return true
    case .detachable(let detachable): return work(on: detachable, as: worker, run: run)
    }
  }

  private func work(on work: any DetachableWork, as worker: Int, run: UInt64) -> Bool {
    let desk = desks[worker - 1]
    let memory = desk.memory(bytes: work.resultBytes)
    while let piece = ranges.take(worker) {
      desk.begin(piece, run: run)
      // When it is dismissed meanwhile, nobody reads the numbers: the caller does the piece anew.
      work.compute(piece, into: memory)
      guard desk.claim(run: run) else { return false }
      work.place(piece, from: memory)
      desk.end()
    }
    return true
  }

  private func workAsCaller(_ body: (Int) -> Void) {
    var began = DispatchTime.now().uptimeNanoseconds
    while let piece = ranges.take(0) {
      body(piece)
      let now = DispatchTime.now().uptimeNanoseconds
      longestPiece = max(longestPiece, now - began)
      began = now
    }
  }

  /// Looks at `condition` for as long as the patience lasts, in nanoseconds; false if it never held.
  private func spin(for patience: UInt64 = patience, until condition: () -> Bool) -> Bool {
    let start = DispatchTime.now().uptimeNanoseconds
    repeat {
      for _ in 0..<64 {
        if condition() { return true }
        cambium_pause()
      }
    } while DispatchTime.now().uptimeNanoseconds - start < patience
    return false
  }

  /// Lets the helpers end.
  func stop() {
    stopped.store(true, ordering: .sequentiallyConsistent)
    changed.lock()
    changed.wakeAll()
    changed.unlock()
  }
}
