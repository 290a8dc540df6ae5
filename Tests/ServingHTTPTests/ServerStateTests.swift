import Serving
import ServingHTTP
import Testing

/// The end of a server, without a network.
@Suite struct ServerStateTests {
  @Test func `shutdown: a server without work has nothing to wait for`() async {
    let state = ServerState(ServingStatistics())
    #expect(!state.isDraining)
    var left: [Int] = []
    for await count in state.drain() { left.append(count) }
    #expect(left == [0] && state.isDraining)
  }

  @Test func `shutdown: the server is kept until the last answer is done, and the last request that is made ready`()
    async
  {
    let state = ServerState(ServingStatistics())
    let (_, feed) = AsyncStream<StreamItem>.makeStream()
    let numbers = [state.enter(feed), state.enter(feed)]
    #expect(state.beginPreparing(most: 1))
    let rest = state.drain()
    state.leave(numbers[0])
    state.endPreparing()
    state.leave(numbers[1])
    var left: [Int] = []
    for await count in rest { left.append(count) }
    #expect(left == [3, 2, 1, 0])
  }

  @Test func `shutdown: what lets go of nothing is not waited for for ever`() async {
    let state = ServerState(ServingStatistics())
    let (items, feed) = AsyncStream<StreamItem>.makeStream()
    _ = state.enter(feed)
    let rest = state.drain()
    state.endAll()
    state.endWaiting()
    var left: [Int] = []
    for await count in rest { left.append(count) }
    #expect(left == [1])
    feed.finish()
    var codes: [String?] = []
    for await item in items { if case .end(let error) = item { codes.append(error.code) } }
    #expect(codes == ["shutting_down"])
  }
}
