import Benchmarking
import Testing

@Suite struct BenchDecoderTests {
  @Test func `a name gives the decoder that has it`() {
    for decoder in BenchDecoder.standard + [.mtp(8), .adaptive(2), .optimistic(5)]
      + ["lookup", "lookup-3", "dflash", "dflash-4", "eagle3", "eagle3-2"].compactMap(BenchDecoder.init(name:))
    {
      #expect(BenchDecoder(name: decoder.name) == decoder)
    }
    #expect(BenchDecoder(name: "optimistic") == .optimistic(2) && BenchDecoder(name: "adaptive-4") == .adaptive(4))
    #expect(BenchDecoder(name: "mtp") == .adaptive(4))
  }

  @Test(arguments: [
    "", "mtp-", "mtp-0", "mtp-+1", "mtp-9", "mtp-x", "mtp-1-2", "dflash-64", "lookup-17", "eagle3-9", "vanilla-1",
    "greedy", "optimistic-", "Vanilla",
  ])
  func `other names give none`(_ name: String) {
    #expect(BenchDecoder(name: name) == nil)
  }

  @Test func `only unchecked drafts may change tokens`() {
    #expect(BenchDecoder.standard.filter { !$0.isVerified }.map(\.name) == ["optimistic-2"])
  }
}
