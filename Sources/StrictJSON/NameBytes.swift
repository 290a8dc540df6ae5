extension StringProtocol {
  /// Whether the last bytes are those of `suffix`.
  ///
  /// `hasSuffix` goes by characters: a mark that joins the dot of `.safetensors` to what stands before it hides the
  /// suffix from it, and from no other program.
  public func hasBytes(atEnd suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// Whether the first bytes are those of `prefix`.
  public func hasBytes(atStart prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
}
