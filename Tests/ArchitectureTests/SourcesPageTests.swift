import Foundation
import Testing

/// The page of what a source may be: a row without a test is a promise that nobody keeps.
@Suite struct SourcesPageTests {
  /// The last cells of a page's rows, without the heads of its tables.
  private func lastCells(_ page: String) -> [String] {
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
    return rows.compactMap { row in
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard let last = cells.last, last != "test", last != "---" else { return nil }
      return last
    }
  }

  /// What stands between backticks.
  private func names(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map {
      String($0.element)
    }
  }

  @Test func `every row of the page of sources names a test that is there`() throws {
    let root = House.root + "/Tests/"
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    let tests = try paths.filter { $0.hasSuffix("Tests.swift") }
      .map { try String(contentsOfFile: root + $0, encoding: .utf8) }.joined()
    let page = try String(
      contentsOfFile: House.root + "/Sources/Conversion/Documentation.docc/Sources.md", encoding: .utf8)
    let cells = lastCells(page)
    #expect(cells.count > 40)
    #expect(cells.first != "the same")
    for cell in cells where cell != "the same" {
      let found = names(cell)
      #expect(!found.isEmpty, "no test: \(cell)")
      for name in found { #expect(tests.contains("func `\(name)`"), "no such test: \(name)") }
    }
  }

  @Test func `a row without a test, and a head of a table, are told apart`() {
    let page = "| what | test |\n| --- | --- |\n| a | `one`, `two` |\n| b | |\n| c | none |\n"
    #expect(lastCells(page) == ["`one`, `two`", "", "none"])
    #expect(names("`one`, `two`") == ["one", "two"] && names("none").isEmpty)
  }
}
