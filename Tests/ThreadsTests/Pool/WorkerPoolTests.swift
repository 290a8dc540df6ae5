import Foundation
import Synchronization
import Testing
import Threads

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func `every piece is done once`(threads: Int) {
    let pool = WorkerPool(threads: threads)
    for (count, grain) in [(0, 1), (1, 1), (1, 5), (7, 2), (1000, 1), (1000, 64), (4096, 0)] {
      for _ in 0..<50 {
        let done = UnsafeMutablePointer<Int32>.allocate(capacity: count + 1)
        done.initialize(repeating: 0, count: count + 1)
        defer { done.deallocate() }
        pool.run(count: count, grain: grain) { range, _ in
          for i in range { done[i] += 1 }
        }
        #expect((0..<count).allSatisfy { done[$0] == 1 })
        #expect(done[count] == 0)
      }
    }
  }

  @Test func `workers do not overlap themselves`() {
    let pool = WorkerPool(threads: 4)
    let busy = UnsafeMutablePointer<Int32>.allocate(capacity: 4)
    busy.initialize(repeating: 0, count: 4)
    defer { busy.deallocate() }
    let clashes = Atomic<Int>(0)
    pool.run(count: 2000, grain: 1) { _, worker in
      busy[worker] += 1
      if busy[worker] != 1 { clashes.wrappingAdd(1, ordering: .relaxed) }
      busy[worker] -= 1
    }
    #expect(clashes.load(ordering: .relaxed) == 0)
    #expect((0..<4).allSatisfy { busy[$0] == 0 })
  }

  @Test func `runs whose helpers sleep are done too`() {
    let pool = WorkerPool(threads: 3)
    for _ in 0..<20 {
      pool.waitUntilAsleep()
      let sum = Atomic<Int>(0)
      pool.run(count: 100, grain: 3) { range, _ in sum.wrappingAdd(range.reduce(0, +), ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == 4950)
    }
  }

  /// The first piece waits for a helper, which has been asleep, to take another.
  @Test func `sleeping helpers wake`() {
    let pool = WorkerPool(threads: 2)
    pool.waitUntilAsleep()
    let helped = Atomic<Bool>(false)
    pool.run(count: 2, grain: 1) { _, worker in
      if worker > 0 { helped.store(true, ordering: .releasing) }
      while !helped.load(ordering: .acquiring) { sched_yield() }
    }
    let woken = helped.load(ordering: .acquiring)
    #expect(woken)
  }

  @Test(arguments: [0, 1, 2]) func `a pool whose threads do not start goes on with those that do`(starting: Int) {
    let pool = WorkerPool(threads: 4, startedBy: .refusing(after: starting))
    #expect(pool.threads == 1 + starting)
    let sum = Atomic<Int>(0)
    let workers = Atomic<Int>(0)
    pool.run(count: 1000, grain: 3) { range, worker in
      sum.wrappingAdd(range.reduce(0, +), ordering: .relaxed)
      workers.bitwiseOr(1 << worker, ordering: .relaxed)
    }
    #expect(sum.load(ordering: .relaxed) == 499_500)
    #expect(workers.load(ordering: .relaxed) < 1 << pool.threads)
  }

  @Test func `callers take turns`() {
    let pool = WorkerPool(threads: 2)
    let outer = WorkerPool(threads: 3)
    let total = Atomic<Int>(0)
    outer.run(count: 300, grain: 1) { _, _ in
      pool.run(count: 40, grain: 4) { range, _ in total.wrappingAdd(range.count, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 12_000)
  }
}

extension WorkerPool {
  /// Helpers without work sleep after some 50 µs.
  fileprivate func waitUntilAsleep() {
    while sleeping < threads - 1 { sched_yield() }
  }
}
