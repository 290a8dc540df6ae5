import Diagnostics

/// Words that others wrote, in a page of Markdown: they are read as they are written, and make no link, picture, table or HTML.
enum MarkdownText {
  static func text(_ text: String) -> String {
    var out = ""
    for scalar in text.escapingControls.unicodeScalars {
      if "\\`*[]<>|&~".unicodeScalars.contains(scalar) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }

  /// A name between backticks; one that contains a backtick is left without them.
  static func code(_ text: String) -> String {
    text.utf8.contains(UInt8(ascii: "`")) ? self.text(text) : "`\(text.escapingControls)`"
  }
}
