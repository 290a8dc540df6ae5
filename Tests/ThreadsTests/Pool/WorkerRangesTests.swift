import Foundation
import Testing
import Threads

/// How the pieces of a run come to its workers.
@Suite struct WorkerRangesTests {
  @Test func `a worker alone takes its own pieces in order and then the second half of the longest rest`() {
    let ranges = WorkerRanges(workers: 3)
    ranges.deal(12)
    #expect((0..<4).map { _ in ranges.take(1) } == [4, 5, 6, 7])
    // Worker 2 has four left, as worker 0 has; the first of the longest is asked.
    #expect((0..<2).map { _ in ranges.take(1) } == [2, 3])
    #expect((0..<2).map { _ in ranges.take(1) } == [10, 11])
    #expect(ranges.take(0) == 0)
    #expect(ranges.take(2) == 8)
    #expect(ranges.take(1) == 1)
    #expect(ranges.take(1) == 9)
    #expect((0..<3).map { ranges.take($0) } == [nil, nil, nil])
  }

  @Test(arguments: [0, 1, 2, 3, 7]) func `fewer pieces than workers are all taken`(count: Int) {
    let ranges = WorkerRanges(workers: 4)
    ranges.deal(count)
    var taken: [Int] = []
    while let piece = ranges.take(3) { taken.append(piece) }
    #expect(taken.sorted() == Array(0..<count))
    #expect(ranges.take(0) == nil)
  }

  @Test func `every piece is taken once by threads that take at once`() {
    let workers = 4
    let ranges = WorkerRanges(workers: workers)
    for round in 0..<200 {
      let count = 1 + round * 7
      ranges.deal(count)
      let seen = Guarded([Int](repeating: 0, count: count))
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        var own: [Int] = []
        while let piece = ranges.take(worker) { own.append(piece) }
        seen.withLock { seen in for piece in own { seen[piece] += 1 } }
      }
      let isRight = seen.withLock { $0.allSatisfy { $0 == 1 } }
      #expect(isRight, "\(count) pieces")
    }
  }
}
