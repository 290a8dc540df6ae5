import Foundation
import Synchronization

/// Threads that stay, for work that comes in short bursts.
///
/// `run` hands each thread pieces that follow one another, and a thread that has done its own takes over from the others:
/// so one whose core is busy elsewhere does fewer of them and delays nobody by more than one piece, nor by that in
/// ``DetachableWork``. A thread that sleeps when a run begins and wakes too late is not waited for. Idle threads spin for
/// about 50 µs and then sleep. On Linux a helper that finds itself on its caller's processor goes to another of those that
/// it may use. Which thread does what never reaches a result.
public final class WorkerPool: Sendable {
  /// Threads that work in a run, the caller's among them.
  public let threads: Int
  private let core: WorkerCore
  /// A lock that the caller holds during a run.
  private let turn = Guarded(())

  /// - Parameters:
  ///   - threads: at least 1; nil for the number of processors. When the system starts fewer, the pool has fewer.
  ///   - starter: what starts the threads.
  public init(threads: Int? = nil, startedBy starter: ThreadStarter = .system) {
    let wanted = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let core = WorkerCore(helpers: wanted - 1)
    var started = 1
    while started < wanted {
      let worker = started
      guard (try? SpawnedThread("pool-\(worker)", by: starter) { core.serve(as: worker) }) != nil else { break }
      started += 1
    }
    self.core = core
    self.threads = started
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
    turn.withLock { _ in
      if threads == 1 || count <= grain {
        for start in stride(from: 0, to: count, by: grain) { body(start..<min(start + grain, count), 0) }
        return
      }
      _ = withoutActuallyEscaping(body) { core.run(.numbers(NumberRun(count: count, grain: grain, body: $0))) }
    }
  }

  /// Does all pieces of `work`. A helper that is late with its last piece is not waited for.
  /// - Returns: whether a helper was not waited for. Then it may still read what `work` reads: nobody may write that
  ///   memory any more.
  package func run(_ work: any DetachableWork) -> Bool {
    guard work.pieces > 0 else { return false }
    return turn.withLock { _ in
      if threads == 1 || work.pieces > WorkerRanges.largest {
        work.performAll()
        return false
      }
      return core.run(.detachable(work)) > 0
    }
  }

  /// How often a helper was not waited for, so far.
  package var dismissed: Int { core.dismissed.load(ordering: .relaxed) }

  /// Helpers that sleep at this moment.
  package var sleeping: Int { core.sleepers.load(ordering: .relaxed) }
}
