import Quantization

/// A tensor as mapped files store it: one run of bytes, or several that follow one another (experts of a checkpoint).
struct StoredTensor: Sendable {
  /// One run of bytes.
  struct Part: @unchecked Sendable {
    let file: MappedFile
    let codes: UnsafeRawBufferPointer
    let scales: UnsafeRawBufferPointer?
    let biases: UnsafeRawBufferPointer?
    /// What holds the bytes, where they are not those of the file.
    var memory: PackedMemory?
  }

  /// Canonical name.
  let name: String
  /// Logical shape.
  let shape: [Int]
  let format: WeightMatrix.Format
  /// Type of affine scales and biases.
  let parameterType: FloatType
  /// Whether the stored elements are offsets from 1 (zero-centred norm).
  let addsOne: Bool
  let parts: [Part]
}

extension StoredTensor {
  /// The tensor as one matrix; all dimensions but the last are its rows.
  func matrix() throws -> WeightMatrix {
    guard parts.count == 1, let part = parts.first, let columns = shape.last, shape.count >= 2 else {
      throw InferenceError.dtype(
        file: parts.first?.file.path.string ?? "", tensor: name, expected: "one matrix", found: "\(parts.count) parts")
    }
    return try matrix(part, rows: try product(shape.dropLast()), columns: columns)
  }

  /// A stack [count, rows, columns] as its matrices.
  func stack() throws -> [WeightMatrix] {
    guard shape.count == 3 else {
      throw InferenceError.dtype(
        file: parts.first?.file.path.string ?? "", tensor: name, expected: "three dimensions", found: "\(shape)")
    }
    if parts.count == 1 {
      let whole = try matrix()
      return (0..<shape[0]).map { whole.slice(matrix: $0, of: shape[0]) }
    }
    return try parts.map { try matrix($0, rows: shape[1], columns: shape[2]) }
  }

  /// The elements in f32, in the order of the bytes; zero-centred norms become plain factors.
  func vector() throws -> FloatBuffer {
    guard !format.hasScales, parts.count == 1, let part = parts.first else {
      throw InferenceError.dtype(
        file: parts.first?.file.path.string ?? "", tensor: name, expected: "BF16, F16 or F32", found: "\(format)")
    }
    let buffer = FloatBuffer(count: try product(shape[...]))
    let type: FloatType = format == .f32 ? .f32 : format == .f16 ? .f16 : .bf16
    try widen(part.codes, type, into: UnsafeMutableBufferPointer(start: buffer.pointer, count: buffer.count))
    if addsOne {
      for i in 0..<buffer.count { buffer.pointer[i] += 1 }
    }
    return buffer
  }

  private func matrix(_ part: Part, rows: Int, columns: Int) throws -> WeightMatrix {
    try WeightMatrix(
      format: format, rows: rows, columns: columns, codes: part.codes, scales: part.scales, biases: part.biases,
      parameterType: parameterType, owner: part.memory ?? part.file)
  }

  /// Dimensions come from checked configurations, each below 2^24; their product is checked all the same.
  private func product(_ dimensions: ArraySlice<Int>) throws -> Int {
    try dimensions.reduce(1) { total, dimension in
      let (result, overflow) = total.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw InferenceError.dtype(
          file: parts.first?.file.path.string ?? "", tensor: name, expected: "a size below 2^63", found: "\(shape)")
      }
      return result
    }
  }
}
