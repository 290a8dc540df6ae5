import Quantization

/// A weight matrix of `rows` × `columns`, used as stored (usually memory-mapped): row-major, in MLX's packing.
///
/// The pointers need no alignment. They are valid as long as `owner` lives; the matrix keeps it alive.
public struct WeightMatrix: @unchecked Sendable {
  /// How the elements are stored.
  public enum Format: Sendable, Hashable {
    /// Numbers as they are.
    case f32, f16, bf16
    /// Floats of 4 or 8 bits with a scale for each group of 32, or of 16 for nvfp4.
    case mxfp4, mxfp8, nvfp4
    /// bits 2, 3, 4, 5, 6 or 8; group 32, 64 or 128.
    case affine(bits: Int, group: Int)
  }

  /// How the numbers are stored.
  public let format: Format
  /// Outputs of the product.
  public let rows: Int
  /// Inputs of the product.
  public let columns: Int
  /// rows × `format.rowBytes(columns:)` bytes.
  public let codes: UnsafeRawPointer
  /// rows × columns / group scales; nil for the float formats. One byte each for mxfp4, mxfp8 and nvfp4.
  public let scales: UnsafeRawPointer?
  /// rows × columns / group biases for affine, else nil.
  public let biases: UnsafeRawPointer?
  /// The type of affine scales and biases.
  public let parameterType: FloatType
  /// Keeps the memory alive.
  public let owner: (any AnyObject & Sendable)?

  /// Checks that the buffers hold exactly the matrix.
  ///
  /// - Throws: `WeightMatrixError` `.shape` if the columns are no positive multiple of the group size or the matrix is
  ///   too large, `.size` if a buffer does not have the bytes of the shape.
  public init(
    format: Format, rows: Int, columns: Int, codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer? = nil,
    biases: UnsafeRawBufferPointer? = nil, parameterType: FloatType = .bf16, owner: (any AnyObject & Sendable)? = nil
  ) throws(WeightMatrixError) {
    let size = try StoredSize(format: format, rows: rows, columns: columns, parameterType: parameterType)
    guard codes.count == size.codes, let start = codes.baseAddress else {
      throw .size(buffer: "weight", expected: size.codes, found: codes.count)
    }
    guard scales?.count ?? 0 == size.scales else {
      throw .size(buffer: "scales", expected: size.scales, found: scales?.count ?? 0)
    }
    guard biases?.count ?? 0 == size.biases else {
      throw .size(buffer: "biases", expected: size.biases, found: biases?.count ?? 0)
    }
    self.init(
      unchecked: format, rows: rows, columns: columns, codes: start, scales: scales?.baseAddress,
      biases: biases?.baseAddress, parameterType: parameterType, owner: owner)
  }

  private init(
    unchecked format: Format, rows: Int, columns: Int, codes: UnsafeRawPointer, scales: UnsafeRawPointer?,
    biases: UnsafeRawPointer?, parameterType: FloatType, owner: (any AnyObject & Sendable)?
  ) {
    self.format = format
    self.rows = rows
    self.columns = columns
    self.codes = codes
    self.scales = scales
    self.biases = biases
    self.parameterType = parameterType
    self.owner = owner
  }

  /// Bytes of codes, scales and biases.
  var storedBytes: Int {
    let parameters = format.scaleBytes(columns: columns, parameterType: parameterType)
    return rows * (format.rowBytes(columns: columns) + (format.hasBiases ? 2 : 1) * parameters)
  }

  /// The rows of `range` that the matrix has, as a separate matrix.
  public func slice(rows range: Range<Int>) -> WeightMatrix {
    let range = range.clamped(to: 0..<rows)
    let first = range.lowerBound
    let scaleBytes = format.scaleBytes(columns: columns, parameterType: parameterType)
    return WeightMatrix(
      unchecked: format, rows: range.count, columns: columns, codes: codes + first * format.rowBytes(columns: columns),
      scales: scales.map { $0 + first * scaleBytes }, biases: biases.map { $0 + first * scaleBytes },
      parameterType: parameterType, owner: owner)
  }

  /// Matrix `i` (an expert) of a stack [count, rows / count, columns] that is stored contiguously; `count` divides the
  /// rows.
  public func slice(matrix i: Int, of count: Int) -> WeightMatrix {
    let part = rows / max(1, count)
    return slice(rows: i * part..<(i + 1) * part)
  }
}
