import Testing
import Threads

/// How long a helper of a pool sits out when another program holds its core.
@Suite struct HelperRestTests {
  @Test func `a rest alone is short and rests that follow double up to the longest`() {
    let rest = HelperRest()
    #expect(rest.left(at: 1000) == 0)
    var now: UInt64 = 1000
    var lengths: [UInt64] = []
    for _ in 0..<8 {
      rest.begin(at: now)
      lengths.append(rest.left(at: now))
      now += rest.left(at: now)
      #expect(rest.left(at: now) == 0)
      now += HelperRest.memory / 2
    }
    let first = HelperRest.first
    #expect(
      lengths == [
        first, 2 * first, 4 * first, 8 * first, 16 * first, 32 * first, HelperRest.longest, HelperRest.longest,
      ])
  }

  @Test func `a rest is forgotten after some work`() {
    let rest = HelperRest()
    rest.begin(at: 0)
    let end = rest.left(at: 0)
    rest.begin(at: end + HelperRest.memory)
    #expect(rest.left(at: end + HelperRest.memory) == HelperRest.first)
  }
}
