import CKernels
import Foundation
import Synchronization

/// What the threads of a `WorkerPool` share.
///
/// `state` is the number of the run (high bits), whether it is open, and how many helpers are inside it. A helper enters
/// an open run by adding itself with a compare-and-swap, and the caller closes the run before it waits for those inside:
/// so `job` is read only while it cannot change. From products (``ProductRun``) the caller can also dismiss a helper, see
/// ``HelperDesk``: it then counts as outside, and has only a copy of what it was given.
final class WorkerCore: @unchecked Sendable {
  private static let open: UInt64 = 1 << 16
  private static let inside: UInt64 = open - 1
  private static let nextRun: UInt64 = open << 1
  /// How long an idle thread looks for work before it sleeps.
  private static let patience: UInt64 = 50_000
  /// How long the caller waits for the last pieces of products at least.
  private static let leastProductPatience: UInt64 = 10_000
  /// Nanoseconds of waiting beyond what pieces of work explain.
  private static let unusual: UInt64 = 500_000

  private let state = Atomic<UInt64>(0)
  private let stopped = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let changed = NSCondition()
  private let emptied = NSCondition()
  private var job: WorkerJob?
  private let ranges: WorkerRanges
  /// Of each helper, by its number less 1.
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
  func run(_ job: WorkerJob) {
    self.job = job
    ranges.deal(job.pieces)
    callerProcessor.store(Int(cambium_processor()), ordering: .relaxed)
    let run = (state.load(ordering: .relaxed) & ~(Self.open | Self.inside)) &+ Self.nextRun
    state.store(run | Self.open, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      changed.lock()
      changed.broadcast()
      changed.unlock()
    }
    longestPiece = 0
    switch job {
    case .numbers(let numbers): workAsCaller { numbers.work(on: $0, as: 0) }
    case .products(let products): workAsCaller(products.multiply)
    }
    state.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
    if case .products(let products) = job { dismissLateHelpers(products, run: run) }
    waitUntilEmpty()
    self.job = nil
  }

  /// Takes back what helpers have not done in twice the time of a piece, and does it, with what else is left to them.
  private func dismissLateHelpers(_ products: ProductRun, run: UInt64) {
    let patience = max(Self.leastProductPatience, 2 * longestPiece)
    if spin(for: patience, until: { self.state.load(ordering: .acquiring) & Self.inside == 0 }) { return }
    for desk in desks {
      guard let piece = desk.takeBack(run: run) else { continue }
      products.multiply(piece)
      state.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      dismissed.wrappingAdd(1, ordering: .relaxed)
    }
    while let piece = ranges.take(0) { products.multiply(piece) }
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
    // A helper with a core of its own has at most one piece to end.
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
        Thread.sleep(forTimeInterval: Double(rest) / 1e9)
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
      emptied.signal()
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
    case .products(let products): return work(on: products, as: worker, run: run)
    }
  }

  private func work(on products: ProductRun, as worker: Int, run: UInt64) -> Bool {
    let desk = desks[worker - 1]
    let numbers = desk.numbers(products.pieceNumbers)
    while let piece = ranges.take(worker) {
      desk.begin(piece, run: run)
      // When it is dismissed meanwhile, what it reads of x may change under its hands: then nobody reads its numbers.
      let product = products.product(of: piece)
      let outputs = product.outputs(of: piece)
      product.multiply(products.prepared.pointer, outputs, apart: numbers)
      guard desk.claim(run: run) else { return false }
      product.place(outputs, from: numbers)
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
    changed.broadcast()
    changed.unlock()
  }
}
