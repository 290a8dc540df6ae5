import Testing
import Threads

/// A piece that a helper has in hand, and its caller.
@Suite struct HelperDeskTests {
  @Test func `a piece is either put in its place or taken back`() {
    let desk = HelperDesk()
    let run: UInt64 = 5 << 17
    #expect(desk.takeBack(run: run) == nil)
    desk.begin(7, run: run)
    #expect(desk.takeBack(run: run + (1 << 17)) == nil)
    #expect(desk.takeBack(run: run) == 7)
    #expect(!desk.claim(run: run))
    desk.begin(8, run: run)
    #expect(desk.claim(run: run))
    #expect(desk.takeBack(run: run) == nil)
    desk.end()
    #expect(desk.takeBack(run: run) == nil)
  }

  @Test func `memory for results is made once, grows, and begins at a cache line`() {
    let desk = HelperDesk()
    let first = desk.memory(bytes: 100)
    #expect(UInt(bitPattern: first) % 64 == 0)
    #expect(desk.memory(bytes: 50) == first)
    let larger = desk.memory(bytes: 100_000)
    larger.storeBytes(of: 7, toByteOffset: 99_999, as: UInt8.self)
    #expect(desk.memory(bytes: 100_000) == larger)
  }
}
