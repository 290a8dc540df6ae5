/// What one rendering may still do.
final class Budget {
  /// Greatest amount of work of one step, so that no single value takes more memory than bytes of this number.
  private static let mostAtOnce = 16 << 20

  let limits: TemplateLimits
  private var spent = 0
  private var depth = 0

  init(_ limits: TemplateLimits) { self.limits = limits }

  /// - Throws: a limit, when more work was done than allowed.
  func spend(_ amount: Int) throws {
    guard amount <= Budget.mostAtOnce else {
      throw TemplateFailure(.limit, expected: "at most \(Budget.mostAtOnce) units of work in one step", "more")
    }
    let (sum, isOver) = spent.addingReportingOverflow(amount)
    guard !isOver, sum <= limits.work else {
      throw TemplateFailure(.limit, expected: "at most \(limits.work) units of work", "more")
    }
    spent = sum
  }

  /// One more element of a list that is made in steps, and that has so many already.
  func spend(elementBehind count: Int) throws {
    try spend(elements: 1)
    try checkSize(32 * (count + 1))
  }

  /// - Throws: a limit, when a value that is made in steps is larger than one that is made at once may be.
  func checkSize(_ bytes: Int) throws {
    guard bytes <= Budget.mostAtOnce else {
      throw TemplateFailure(.limit, expected: "at most \(Budget.mostAtOnce) bytes in one value", "more")
    }
  }

  /// One statement, expression or comparison.
  func step() throws { try spend(16) }

  /// Elements of a list that is made or gone through: each takes more room than a byte.
  func spend(elements count: Int) throws {
    let (amount, isOver) = count.multipliedReportingOverflow(by: 32)
    try spend(isOver ? Int.max : amount)
  }

  /// Does something one level deeper.
  func nested<T>(_ body: () throws -> T) throws -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.depth else {
      throw TemplateFailure(.limit, expected: "at most \(limits.depth) levels of calls and loops", "a deeper nesting")
    }
    return try body()
  }
}
