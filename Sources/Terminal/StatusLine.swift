import Diagnostics

/// A line on standard error that is drawn over until it is cleared, so that nothing of it stays. For terminals only.
package struct StatusLine: Sendable {
  private var isDrawn = false

  /// A line that is not drawn yet.
  package init() {}

  /// Draws a bar and a text in place of what was drawn before, cut at the terminal's edge.
  /// - Parameters:
  ///   - percent: 0 to 100.
  ///   - text: What is written beside the bar.
  package mutating func draw(percent: Int, _ text: String) {
    let line = "\(StatusLine.bar(percent)) \(text.escapingControls)".prefix(Terminal.errorWidth - 1)
    Terminal.write("\r\u{1b}[K" + line, to: .error)
    isDrawn = true
  }

  /// Removes what was drawn.
  package mutating func clear() {
    if isDrawn { Terminal.write("\r\u{1b}[K", to: .error) }
    isDrawn = false
  }

  /// Twenty places between brackets: `[#####---------------]`.
  private static func bar(_ percent: Int) -> String {
    let full = min(20, max(0, percent / 5))
    return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: 20 - full) + "]"
  }
}
