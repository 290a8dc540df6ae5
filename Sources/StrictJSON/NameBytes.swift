extension StringProtocol {
  /// Whether the last bytes are those of `suffix`.
  ///
  /// `hasSuffix` goes by characters: a mark that joins the dot of `.safetensors` to what comes before it hides the
  /// suffix from it, and from no other program.
  public func hasBytes(atEnd suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// Whether the first bytes are those of `prefix`.
  public func hasBytes(atStart prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
}

extension String {
  /// Whether the bytes of `part` occur anywhere.
  ///
  /// `contains` goes by characters, which takes microseconds for a name, and there are names by the hundred thousand.
  public func hasBytes(anywhere part: String) -> Bool {
    var (text, part) = (self, part)
    return text.withUTF8 { text in
      part.withUTF8 { part in
        guard let first = part.first else { return true }
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { start in
          text[start] == first && text[start..<start + part.count].elementsEqual(part)
        }
      }
    }
  }
}
