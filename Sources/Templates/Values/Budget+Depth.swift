extension Budget {
  /// A value, unless it holds values too deep in it.
  func checked(_ value: TemplateValue) throws -> TemplateValue {
    guard value.depth <= limits.depth else {
      throw TemplateFailure(.limit, expected: "at most \(limits.depth) levels of values in values", "\(value.depth)")
    }
    return value
  }
}
