import Diagnostics
import Threads

/// Decides when a line of progress is due, and what it says. It is told the time, and asks no clock.
package struct ProgressPace: Sendable {
  /// A line that is due.
  package struct Line: Sendable, Equatable {
    /// 0 to 100.
    package let percent: Int
    package let text: String
  }

  private let work: String
  private let total: Int
  private let unit: WorkUnit
  /// Whether the line is drawn over: then one is due ten times a second, else every five seconds.
  private let isDrawn: Bool
  private var done = 0
  /// What was done when the clock of the rate began: a rate over no time is none.
  private var first = 0
  private var began: Double
  private var shown: Double
  private var reports = 0

  /// - Parameters:
  ///   - work: What is done.
  ///   - total: How much there is to do.
  ///   - unit: The unit of the amounts.
  ///   - isDrawn: Whether the line is drawn over on a terminal.
  ///   - seconds: The time at which the work begins.
  package init(_ work: String, total: Int, _ unit: WorkUnit, isDrawn: Bool, at seconds: Double) {
    self.work = work
    self.total = total
    self.unit = unit
    self.isDrawn = isDrawn
    began = seconds
    // Work in steps says its first one at once, since a step may take minutes. Bytes are often done before anybody looks.
    shown = isDrawn || unit == .steps ? -.infinity : seconds
  }

  /// How long the work has taken.
  package func seconds(at seconds: Double) -> Double { seconds - began }

  /// Records that so much more is done.
  /// - Returns: The line, when one is due.
  package mutating func advanced(by amount: Int, item: String, at seconds: Double) -> Line? {
    let sum = done.addingReportingOverflow(amount)
    done = sum.overflow ? total : sum.partialValue
    reports += 1
    // The first report is the beginning of what is measured: before it there was something to open.
    if reports == 1 { (began, first) = (seconds, done) }
    guard seconds - shown > (isDrawn ? 0.1 : 5) else { return nil }
    shown = seconds
    let percent = total > 0 ? Int(100 * min(1, max(0, Double(done) / Double(total)))) : 100
    let parts = [share(percent)] + pace(seconds) + (item.isEmpty ? [] : [item])
    return Line(percent: percent, text: "\(work) " + parts.joined(separator: ", "))
  }

  /// What is done of what.
  private func share(_ percent: Int) -> String {
    switch unit {
    case .bytes: "\(percent)% \(Fixed.bytes(done)) of \(Fixed.bytes(total))"
    case .steps: "\(done) of \(total)"
    case .share: "\(percent)%"
    }
  }

  /// Rate and time left, as soon as there is a time to speak of.
  private func pace(_ seconds: Double) -> [String] {
    let spent = seconds - began
    guard spent > 0.5, done > first else { return [] }
    let rate = Double(done - first) / spent
    // A century is long enough for any file.
    let left = Int(min(3e9, Double(max(0, total - done)) / rate))
    return (unit == .bytes ? ["\(Fixed.bytes(Int(min(1e15, rate))))/s"] : []) + ["\(left) s left"]
  }
}
