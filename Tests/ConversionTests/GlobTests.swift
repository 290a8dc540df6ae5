import Manifests
import Testing

/// Patterns over names, and the sets of layers that they stand for.
@Suite struct GlobTests {
  private func layers(_ pattern: String) -> [Int] {
    (0..<40).filter { Glob(pattern).matches("language_model.model.layers.\($0).mlp.up_proj.weight") }
  }

  @Test func `alternation names single layers and no longer numbers`() {
    #expect(layers("**.layers.{3,7}.**") == [3, 7])
    #expect(layers("**.layers.{3,37}.mlp.**") == [3, 37])
  }

  @Test func `ranges of numbers stand for the layers between`() {
    #expect(layers("**.layers.{0-7,24-31}.**") == Array(0...7) + Array(24...31))
    #expect(layers("**.layers.{9-11}.**") == [9, 10, 11])
  }

  @Test func `a class is one character`() {
    #expect(layers("**.layers.[37].**") == [3, 7])
    #expect(layers("**.layers.3[5-9].**") == Array(35...39))
  }

  @Test func `alternation of names`() {
    let glob = Glob("**.{up,down}_proj.weight")
    #expect(glob.matches("a.up_proj.weight") && glob.matches("a.down_proj.weight"))
    #expect(!glob.matches("a.gate_proj.weight") && !glob.matches("a.up_proj.scales"))
  }

  @Test(arguments: ["a{b", "a[b", "a}b", "a{}", "a[]"])
  func `what is never closed, or empty, matches itself`(pattern: String) {
    #expect(Glob(pattern).matches(pattern) && !Glob(pattern).matches("ab"))
  }

  @Test func `a range that falls is a text`() {
    #expect(layers("**.layers.{7-3}.**").isEmpty)
    #expect(Glob("x.{7-3}").matches("x.7-3"))
  }

  @Test func `a star stays within its part, two do not`() {
    #expect(Glob("a.*.c").matches("a.b.c") && !Glob("a.*.c").matches("a.b.b.c"))
    #expect(Glob("a.**.c").matches("a.b.b.c"))
  }
}
