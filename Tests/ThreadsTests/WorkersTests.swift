import Testing
import Threads

@Suite struct WorkersTests {
  @Test(arguments: [0, 1, 2]) func `workers go on with fewer threads when the system starts no more`(starting: Int)
    throws
  {
    let seen = Guarded((indices: [Int](), workers: Set<Int>()))
    let isDone = try Workers.forEach(count: 200, threads: 4, startedBy: .refusing(after: starting)) { index, worker in
      seen.withLock { seen in
        seen.indices.append(index)
        seen.workers.insert(worker)
      }
    }
    #expect(isDone)
    let (indices, workers) = seen.withLock { ($0.indices, $0.workers) }
    #expect(indices.sorted() == Array(0..<200))
    #expect(workers.isSubset(of: Set(0...starting)))
  }

  @Test func `the caller is a worker`() throws {
    let seen = Guarded(Set<Int>())
    _ = try Workers.forEach(count: 3, threads: 1) { _, worker in seen.withLock { _ = $0.insert(worker) } }
    #expect(seen.withLock { $0 } == [0])
  }

  @Test func `a stop between two pieces leaves the rest`() throws {
    let done = Guarded(0)
    let isDone = try Workers.forEach(count: 100, threads: 3, stop: { done.withLock { $0 } >= 10 }) { _, _ in
      done.withLock { $0 += 1 }
    }
    #expect(!isDone)
    #expect((10..<100).contains(done.withLock { $0 }))
  }

  @Test func `what workers wrote is seen after them`() throws {
    let slots = Slots(count: 1000)
    _ = try Workers.forEach(count: 1000, threads: 4) { index, _ in slots.numbers[index] = index }
    #expect((0..<1000).allSatisfy { slots.numbers[$0] == $0 })
  }
}

/// One number for each index, written by whoever has the index.
private final class Slots: @unchecked Sendable {
  let numbers: UnsafeMutablePointer<Int>
  init(count: Int) {
    numbers = .allocate(capacity: count)
    numbers.initialize(repeating: -1, count: count)
  }
  deinit { numbers.deallocate() }
}
