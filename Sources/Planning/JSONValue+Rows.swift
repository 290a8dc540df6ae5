import StrictJSON

extension JSONValue {
  /// The rows of a list that an earlier stage wrote; a damaged row is an error and never left out.
  /// - Parameters:
  ///   - name: the member that holds the list.
  ///   - count: how many rows there must be.
  ///   - file: the document's path, for the error.
  ///   - read: a row, or nil when it is damaged.
  /// - Throws: ``ConversionError/workFile(file:expected:found:)``.
  package func rows<Row>(
    _ name: String, count: Int, file: String, _ read: (JSONValue) -> Row?
  ) throws -> [Row] {
    guard let values = self[name]?.arrayValue else {
      throw ConversionError.workFile(file: file, expected: "a list \(name)", found: "none")
    }
    guard values.count == count else {
      throw ConversionError.workFile(file: file, expected: "\(count) \(name)", found: "\(values.count)")
    }
    return try values.enumerated().map { number, value in
      guard let row = read(value) else {
        throw ConversionError.workFile(
          file: file, expected: "\(name)[\(number)] as it was written", found: "a damaged row")
      }
      return row
    }
  }
}
