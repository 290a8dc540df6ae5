import Files

extension AuditPage {
  /// How an earlier page is known again: by its first words.
  package static let kind = ResultFile.Kind("an audit page") { beginning in
    let text = String(decoding: beginning, as: UTF8.self)
    return text.hasPrefix("<!doctype html>") && text.contains("Audit of ")
  }
}
