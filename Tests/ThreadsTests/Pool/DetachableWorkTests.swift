import Foundation
import Synchronization
import Testing
import Threads

/// Work of which a late helper's piece is taken back.
@Suite struct DetachableWorkTests {
  @Test(arguments: [1, 2, 5]) func `every piece is done once, by whom it may be`(threads: Int) {
    let pool = WorkerPool(threads: threads)
    for pieces in [0, 1, 2, 7, 300] {
      let work = Squares(pieces: pieces)
      _ = pool.run(work)
      #expect(work.results == (0..<pieces).map { $0 * $0 })
    }
  }

  /// The helper holds its piece until the run is over, and the caller the others until the helper has one.
  @Test func `a helper that is late is not waited for and what it read stays as it was`() {
    let pool = WorkerPool(threads: 2)
    for round in 0..<20 {
      let work = Squares(pieces: 6, holdsHelper: true)
      let isRead = pool.run(work)
      #expect(isRead, "round \(round)")
      #expect(work.results == (0..<6).map { $0 * $0 })
      work.letHelperGo()
      // The next run has memory of its own, and the helper takes part in it.
      let next = Squares(pieces: 50)
      _ = pool.run(next)
      #expect(next.results == (0..<50).map { $0 * $0 })
    }
    #expect(pool.dismissed >= 20)
  }

  @Test func `a pool of one thread does all pieces at once and dismisses nobody`() {
    let pool = WorkerPool(threads: 1)
    let work = Squares(pieces: 10)
    let isRead = pool.run(work)
    #expect(!isRead)
    #expect(work.allAtOnce.load(ordering: .relaxed) == 1)
    #expect(work.results == (0..<10).map { $0 * $0 })
  }
}

/// Squares of numbers in memory that nothing guards: the thread sanitizer is the witness.
private final class Squares: DetachableWork, @unchecked Sendable {
  let pieces: Int
  let resultBytes = MemoryLayout<Int>.stride
  let allAtOnce = Atomic<Int>(0)
  private let x: UnsafeMutablePointer<Int>
  private let y: UnsafeMutablePointer<Int>
  private let helperHasPiece: Atomic<Bool>
  private let mayGoOn: Atomic<Bool>

  init(pieces: Int, holdsHelper: Bool = false) {
    self.pieces = pieces
    x = .allocate(capacity: pieces + 1)
    y = .allocate(capacity: pieces + 1)
    for piece in 0...pieces { (x + piece).initialize(to: piece) }
    y.initialize(repeating: -1, count: pieces + 1)
    helperHasPiece = Atomic(!holdsHelper)
    mayGoOn = Atomic(!holdsHelper)
  }

  deinit {
    x.deallocate()
    y.deallocate()
  }

  var results: [Int] { (0..<pieces).map { y[$0] } }

  func letHelperGo() { mayGoOn.store(true, ordering: .releasing) }

  func perform(_ piece: Int) {
    while !helperHasPiece.load(ordering: .acquiring) { sched_yield() }
    y[piece] = x[piece] * x[piece]
  }

  func performAll() {
    allAtOnce.wrappingAdd(1, ordering: .relaxed)
    for piece in 0..<pieces { perform(piece) }
  }

  func compute(_ piece: Int, into memory: UnsafeMutableRawPointer) {
    helperHasPiece.store(true, ordering: .releasing)
    while !mayGoOn.load(ordering: .acquiring) { sched_yield() }
    memory.storeBytes(of: x[piece] * x[piece], as: Int.self)
  }

  func place(_ piece: Int, from memory: UnsafeRawPointer) { y[piece] = memory.load(as: Int.self) }
}
