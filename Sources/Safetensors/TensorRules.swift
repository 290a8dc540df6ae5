/// The rules for one tensor that reading and writing share.
enum TensorRules {
  /// Greatest header length, bytes. The reference's limit is 100,000,000, which a hostile file would make us hold in
  /// memory; a header of 75,000 tensors has 13 MB.
  static let maxHeaderLength = 16 << 20
  /// Most tensors of one file: as many as the largest models have in all their files.
  static let maxTensors = 150_000
  /// Longest name, bytes.
  static let maxName = 4096
  /// Greatest rank. Far above what any model has; a rank in the thousands is an attack on the readers downstream.
  static let maxRank = 16
  /// Most entries of `__metadata__`: tools write a handful, those of training some hundred.
  static let maxMetadata = 65_536
  static let metadataKey = "__metadata__"

  /// Bytes of the data of a tensor, after checks of name, rank, element count and whole bytes.
  static func byteCount(name: String, dtype: DType, shape: [Int], file: String) throws(SafetensorsError) -> Int {
    try checkName(name, file: file)
    guard shape.count <= maxRank else {
      throw .tensorInfo(
        file: file, tensor: name, expected: "at most \(maxRank) dimensions", found: "\(shape.count) dimensions")
    }
    var elements = 1
    var nonZero = 1
    for dimension in shape {
      guard dimension >= 0 else {
        throw .number(file: file, tensor: name, expected: "dimensions from 0 to 2^63-1", found: "\(dimension)")
      }
      // Zero dimensions are left out of the overflow check, so that the verdict does not depend on where a zero
      // is: readers that multiply from the left disagree about [0, 2^62, 4].
      let (product, overflow) = nonZero.multipliedReportingOverflow(by: max(dimension, 1))
      guard !overflow else { throw .overflow(file: file, tensor: name, found: "shape \(shape)") }
      nonZero = product
      elements = dimension == 0 ? 0 : elements * dimension
    }
    let (bits, overflow) = elements.multipliedReportingOverflow(by: dtype.bits)
    guard !overflow else { throw .overflow(file: file, tensor: name, found: "shape \(shape) of \(dtype.rawValue)") }
    guard bits % 8 == 0 else {
      throw .sizeMismatch(
        file: file, tensor: name, expected: "a whole number of bytes",
        found: "\(elements) elements of \(dtype.bits) bits")
    }
    return bits / 8
  }

  /// Names go through C strings and paths in the programs downstream: no empty name, no zero byte.
  static func checkName(_ name: String, file: String) throws(SafetensorsError) {
    if name.isEmpty { throw .name(file: file, tensor: name, found: "an empty name") }
    if name.utf8.count > maxName {
      throw .name(file: file, tensor: String(name.prefix(80)), found: "a name of more than \(maxName) bytes")
    }
    if name.utf8.contains(0) { throw .name(file: file, tensor: name, found: "a zero byte in the name") }
  }
}
