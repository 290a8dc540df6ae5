import StrictJSON

/// The rule that tensors fill the data section exactly: no hole, no shared byte, nothing after the last one.
enum DataLayout {
  /// - Parameters:
  ///   - tensors: Entries with `begin <= end`, in any order.
  ///   - headerLength: N, bytes.
  ///   - fileSize: Bytes.
  static func check(
    _ tensors: [TensorEntry], headerLength: Int, fileSize: Int, file: String
  ) throws(SafetensorsError) {
    var end = 0
    for tensor in ordered(tensors) {
      if tensor.begin > end { throw .hole(file: file, tensor: tensor.name, expected: end, found: tensor.begin) }
      if tensor.begin < end { throw .overlap(file: file, tensor: tensor.name, expected: end, found: tensor.begin) }
      end = tensor.end
    }
    let (expected, overflow) = end.addingReportingOverflow(8 + headerLength)
    guard !overflow else { throw .overflow(file: file, tensor: "", found: "\(end) bytes of data") }
    if expected > fileSize { throw .truncated(file: file, expected: expected, found: fileSize) }
    if expected < fileSize { throw .trailing(file: file, expected: expected, found: fileSize) }
  }

  /// The tensors by place in the file; of two at one place the shorter first, so an empty tensor may precede a full one.
  private static func ordered(_ tensors: [TensorEntry]) -> [TensorEntry] {
    let precedes = { (a: TensorEntry, b: TensorEntry) in
      if (a.begin, a.end) != (b.begin, b.end) { return (a.begin, a.end) < (b.begin, b.end) }
      return UTF8Name(a.name) < UTF8Name(b.name)
    }
    let sorted = zip(tensors, tensors.dropFirst()).allSatisfy { precedes($0, $1) }
    return sorted ? tensors : tensors.sorted(by: precedes)
  }
}
