import Foundation
import Synchronization

/// Threads that stay, for work that comes in short bursts.
///
/// `run` gives each thread pieces that follow one another, and a thread that has done its own takes over from the others:
/// so one whose core is busy elsewhere does fewer of them and delays nobody by more than one piece, nor by that in matrix
/// products. A thread that sleeps when a run begins and wakes too late is not waited for. Idle threads spin for about 50 µs
/// and then sleep. On Linux a helper that finds itself on its caller's processor goes to another of those that it may use.
/// Which thread does what never reaches a result.
public final class WorkerPool: Sendable {
  /// Threads that work in a run, the caller's among them.
  public let threads: Int
  fileprivate let core: WorkerCore
  /// Held by the caller during a run.
  fileprivate let turn = NSLock()

  /// - Parameter threads: at least 1; nil for the number of processors.
  public init(threads: Int? = nil) {
    self.threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    core = WorkerCore(helpers: self.threads - 1)
    for worker in 1..<max(self.threads, 1) {
      let thread = Thread { [core] in core.serve(as: worker) }
      thread.name = "cambium-worker-\(worker)"
      thread.qualityOfService = .userInitiated
      thread.start()
    }
  }

  deinit { core.stop() }

  /// Calls `body` with consecutive ranges that together are 0 ..< count, each of `grain` numbers (the last may be
  /// shorter), from several threads at once, and returns when all are done.
  ///
  /// The second argument is the number of the calling worker, in 0 ..< threads, for scratch memory: no two calls with
  /// the same number overlap. Several threads may call `run`; they take turns. `body` must not call `run` of the same
  /// pool, and must be safe to call from several threads.
  public func run(count: Int, grain: Int, _ body: (Range<Int>, Int) -> Void) {
    let grain = max(1, grain, count / WorkerRanges.largest + 1)
    guard count > 0 else { return }
    turn.lock()
    defer { turn.unlock() }
    if threads == 1 || count <= grain {
      for start in stride(from: 0, to: count, by: grain) { body(start..<min(start + grain, count), 0) }
      return
    }
    withoutActuallyEscaping(body) { core.run(.numbers(NumberRun(count: count, grain: grain, body: $0))) }
  }
}

extension WorkerPool {
  /// How often a helper was not waited for, so far.
  package var dismissed: Int { core.dismissed.load(ordering: .relaxed) }

  /// All products of a run, which do not depend on one another. A helper that is late with its last piece is not waited for.
  func run(_ products: ProductRun) {
    guard products.pieces > 0 else { return }
    turn.lock()
    defer { turn.unlock() }
    if threads == 1 || products.pieces > WorkerRanges.largest {
      for product in products.products { product.multiply(products.prepared.pointer, 0..<product.outputs) }
    } else {
      core.run(.products(products))
    }
  }
}

/// One run: what is to be done.
enum WorkerJob {
  case numbers(NumberRun)
  case products(ProductRun)

  var pieces: Int {
    switch self {
    case .numbers(let run): run.pieces
    case .products(let run): run.pieces
    }
  }
}

/// The numbers 0 ..< count in pieces of `grain`.
struct NumberRun {
  let count: Int
  let grain: Int
  let body: (Range<Int>, Int) -> Void

  var pieces: Int { (count + grain - 1) / grain }

  func work(on piece: Int, as worker: Int) {
    body(piece * grain..<min((piece + 1) * grain, count), worker)
  }
}
