import Testing
import Threads

@Suite struct WorkersMapTests {
  private struct Odd: Error { let index: Int }

  @Test(arguments: [1, 2, 7]) func `map returns what the calls returned in the order of the indices`(threads: Int)
    throws
  {
    #expect(try Workers.map(count: 100, threads: threads) { index, _ in index * index } == (0..<100).map { $0 * $0 })
    #expect(try Workers.map(count: 0, threads: threads) { index, _ in index } == [])
  }

  @Test func `an optional that is nil keeps its place`() throws {
    #expect(try Workers.map(count: 4, threads: 2) { index, _ in index == 2 ? nil : index } == [0, 1, nil, 3])
  }

  @Test func `of several failures map throws the one of the lowest index`() throws {
    #expect {
      try Workers.map(count: 50, threads: 4) { index, _ in if index >= 3 { throw Odd(index: index) } }
    } throws: {
      ($0 as? Odd)?.index == 3
    }
  }
}
