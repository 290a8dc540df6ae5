import Foundation

/// One file of tests: how its tests are called, and which of its names have to do with time.
struct TestText {
  /// Names of tests that are no sentences in backticks.
  let plainNames: [String]
  /// Names that wait for time to pass, limit it or read a clock.
  let clocks: Set<String>

  /// Of the system and of the standard library; a member counts like a function. Functions count where they are called.
  private static let clockTypes: Set = [
    "ContinuousClock", "Date", "DispatchTime", "DispatchWallTime", "SuspendingClock", "systemUptime",
  ]
  private static let clockFunctions: Set = [
    "CFAbsoluteTimeGetCurrent", "asyncAfter", "clock_gettime", "gettimeofday", "mach_absolute_time", "nanosleep",
    "sleep",
    "timeLimit", "usleep",
  ]

  init(_ text: String) {
    let code = SourceText(text).code
    var plainNames: [String] = []
    for test in code.split(separator: "@Test", omittingEmptySubsequences: false).dropFirst() {
      guard let function = test.range(of: #"\bfunc\s+"#, options: .regularExpression) else { continue }
      let name = test[function.upperBound...]
      guard name.hasPrefix("`"), name.dropFirst().prefix(while: { $0 != "`" }).contains(" ") else {
        plainNames.append(String(name.prefix { $0 != "(" && $0 != "\n" }))
        continue
      }
    }
    self.plainNames = plainNames
    // The words of a test's own name are no names.
    let plain = code.replacing(/`[^`\n]*`/, with: " ")
    clocks = Set(
      plain.matches(of: /(?<name>[A-Za-z_]\w*)(?<call>\()?/).compactMap { match in
        let name = String(match.output.name)
        let isClock = Self.clockTypes.contains(name) || match.output.call != nil && Self.clockFunctions.contains(name)
        return isClock ? name : nil
      })
  }
}
