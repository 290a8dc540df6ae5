import Files

extension BenchReport {
  /// How an earlier table is known again: by its first columns.
  public static let table = ResultFile.Kind("a table of bench") { beginning in
    beginning.starts(with: Array("decoder,class,threads,arithmetic,".utf8))
  }

  /// How an earlier picture is known again: by its style.
  public static let picture = ResultFile.Kind("a picture of bench") { beginning in
    let text = String(decoding: beginning, as: UTF8.self)
    return text.hasPrefix("<svg ") && text.contains("text { font: 12px system-ui, sans-serif; fill: #1d2329; }")
  }
}
