import Testing
import Threads

@Suite struct MonitorTests {
  @Test func `who waits sees each change in turn`() throws {
    let turn = Monitor(0)
    let other = try SpawnedThread("odd") {
      for number in stride(from: 1, to: 200, by: 2) {
        turn.wait { $0 == number ? true : nil }
        turn.change { $0 += 1 }
      }
    }
    for number in stride(from: 0, to: 200, by: 2) {
      turn.wait { $0 == number ? true : nil }
      turn.change { $0 += 1 }
    }
    other.wait()
    #expect(turn.look { $0 } == 200)
  }

  @Test func `an error leaves the lock free`() {
    struct Odd: Error {}
    let state = Monitor(1)
    #expect(throws: Odd.self) { try state.change { (_: inout Int) throws(Odd) -> Void in throw Odd() } }
    #expect(throws: Odd.self) { try state.wait { (_: inout Int) throws(Odd) -> Bool? in throw Odd() } }
    #expect(state.look { $0 } == 1)
  }

  @Test func `a guarded value may be one that cannot be copied`() {
    struct Single: ~Copyable { var count = 0 }
    let single = Guarded(Single())
    single.withLock { $0.count += 1 }
    #expect(single.withLock { $0.count } == 1)
  }
}
