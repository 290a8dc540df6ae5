import Foundation

extension Terminal {
  /// Whether standard error is a terminal on which a line can be drawn over.
  package static var errorIsTerminal: Bool {
    isatty(Stream.error.rawValue) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Whether errors are coloured: on a terminal, unless `NO_COLOR` is set. By the convention an empty one counts as none.
  package static var errorIsColoured: Bool {
    errorIsTerminal && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
  }

  /// Columns of the terminal of standard error; 100 where it does not say.
  package static var errorWidth: Int {
    var size = winsize()
    guard ioctl(Stream.error.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
    return max(20, Int(size.ws_col))
  }

  /// Columns of the terminal of standard output; nil where there is none, or where it does not say.
  package static var outputWidth: Int? {
    var size = winsize()
    guard outputIsTerminal, ioctl(Stream.output.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return max(20, Int(size.ws_col))
  }

  /// The text of a failure with its first word, `error:`, in red.
  static func coloured(_ text: String) -> String {
    "\u{1b}[31m" + text.prefix(6) + "\u{1b}[0m" + text.dropFirst(6)
  }
}
