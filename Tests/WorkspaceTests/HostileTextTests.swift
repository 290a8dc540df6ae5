import Diagnostics
import Testing

/// What comes from a file neither steers a terminal nor passes for something else.
@Suite struct HostileTextTests {
  @Test func `controls, marks of direction and hidden characters are escaped`() {
    #expect("a\u{1b}[2Jb".escapingControls == "a\\u{1b}[2Jb")
    #expect(
      "\u{202e}gpj.exe\u{2066}\u{200b}\u{feff}\u{2028}\u{85}".escapingControls
        == "\\u{202e}gpj.exe\\u{2066}\\u{200b}\\u{feff}\\u{2028}\\u{85}")
    #expect("Größe \u{65e5}\u{672c} \u{1F600} e\u{301}".escapingControls == "Größe \u{65e5}\u{672c} \u{1F600} e\u{301}")
    #expect("a\tb\n\u{7}".escapingControls(but: "\n\t") == "a\tb\n\\u{7}")
  }

  @Test func `a column is as wide as what it shows`() {
    let lines = TextTable(["name", "n"], [["a\u{202e}", "1"], ["abcdefghij", "22"]]).lines
    #expect(lines == ["name         n", "a\\u{202e}    1", "abcdefghij  22"])
  }

  @Test func `D3 NaN is no number in any text`() {
    #expect(Fixed.eight(.nan) == "not a number" && Fixed.withExponent(.nan) == "not a number")
    #expect(Fixed.places(.nan, 2) == "not a number" && Fixed.places(.infinity, 2) == "inf")
    #expect(Fixed.eight(0.5) == "0.50000000" && Fixed.eight(12) == "9.99999999" && Fixed.eight(-1) == "0.00000000")
    #expect(Fixed.withExponent(.infinity) == "9.999999e9")
  }

  @Test func `sums of sizes from files are numbers or none`() {
    #expect(CheckedSum([1, 2, 3]).value == 6 && CheckedSum([Int]()).value == 0)
    #expect(CheckedSum([.max, 1]).value == nil && CheckedSum([-1]).value == nil)
    #expect("\(CheckedSum([.max, .max, 5]))" == "more than can be counted" && "\(CheckedSum([7]))" == "7")
    #expect(CheckedSum.clamped([.max, 1]) == .max && CheckedSum.clamped([4, 1]) == 5)
    var sum = CheckedSum([.max, 1])
    sum.add(1)
    #expect(sum.value == nil, "a sum that was too large stays none")
  }
}
