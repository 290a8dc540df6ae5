import StrictJSON
import Testing

@Suite struct IntegerTests {
  @Test(arguments: ["1.0", "-0", "1e3", "1E3", "", "01", "00", "+1", " 1", "1 ", "0x1", "9223372036854775808", "١"])
  func `what is no integer is refused`(_ spelling: String) {
    #expect(JSONInteger.natural(spelling) == nil)
    #expect(JSONInteger.exact(spelling) == nil)
  }

  @Test func `the whole range is accepted`() {
    #expect(JSONInteger.natural("0") == 0)
    #expect(JSONInteger.natural("9223372036854775807") == Int.max)
    #expect(JSONInteger.natural("-1") == nil)
    #expect(JSONInteger.exact("-9223372036854775808") == Int.min)
    #expect(JSONInteger.exact("-9223372036854775809") == nil)
    #expect(JSONInteger.exact("-00") == nil)
    #expect(JSONInteger.exact("-1") == -1)
    #expect(JSONInteger.exact("9007199254740993") == 9_007_199_254_740_993)
  }
}
