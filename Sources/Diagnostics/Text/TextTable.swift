/// Columns for a terminal: the first left-aligned, numbers right-aligned.
public struct TextTable {
  /// The header and a line for each row, columns aligned.
  public let lines: [String]

  /// - Parameters:
  ///   - header: The names of the columns.
  ///   - rows: The cells, as many a row as the header has.
  public init(_ header: [String], _ rows: [[String]]) {
    // What is printed escapes them too, but then the columns would not be aligned.
    let all = ([header] + rows).map { $0.map(\.escapingControls) }
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let numeric = header.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { $0[column].allSatisfy { $0.isNumber || $0 == "." || $0 == "–" } }
    }
    lines = all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let pad = String(repeating: " ", count: widths[column] - cell.count)
        line += numeric[column] ? pad + cell : column + 1 == row.count ? cell : cell + pad
        if column + 1 < row.count { line += "  " }
      }
      return line
    }
  }
}
