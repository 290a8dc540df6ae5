import CKernels

/// A matrix of E4M3 numbers with one scale for each block, as FP8 checkpoints hold it: `weight` (F8_E4M3, rows × columns)
/// and `weight_scale_inv` (one number for each block of 128 × 128, partial blocks at the right and lower edge).
///
/// The value of an element is bf16(E4M3 · scale): the product in f32, then nearest even, as transformers
/// (`Fp8Dequantize`) and mlx-lm have it; transformers refuses partial blocks. E4M3's NaN (0x7F, 0xFF) is an error here.
public struct Float8Blocks: Sendable, Equatable {
  /// Rows of the matrix.
  public let rows: Int
  /// Columns of the matrix.
  public let columns: Int
  /// Type of the scales: f32, or bf16.
  public let scaleType: FloatType
  /// Rows that share a scale.
  public let blockRows: Int
  /// Columns that share a scale.
  public let blockColumns: Int

  /// - Parameters:
  ///   - shape: of the weight: rows and columns, each at least 1.
  ///   - scaleShape: of the scales.
  ///   - scaleType: of the scales.
  ///   - blockRows: rows that share a scale.
  ///   - blockColumns: columns that share a scale.
  /// - Throws: `QuantizationError.scaleGrid` (E_QUANT_SCALES) unless there is one scale for each block.
  public init(
    shape: [Int], scaleShape: [Int], scaleType: FloatType, blockRows: Int = 128, blockColumns: Int = 128
  ) throws(QuantizationError) {
    let refusal = QuantizationError.scaleGrid(
      shape: shape, blockRows: blockRows, blockColumns: blockColumns, found: scaleShape)
    guard shape.count == 2, shape[0] > 0, shape[1] > 0, blockRows > 0, blockColumns > 0 else { throw refusal }
    let (elements, overflow) = shape[0].multipliedReportingOverflow(by: shape[1])
    guard !overflow, elements <= Int.max / 32 else { throw refusal }
    (rows, columns) = (shape[0], shape[1])
    self.scaleType = scaleType
    self.blockRows = blockRows
    self.blockColumns = blockColumns
    guard scaleShape == [scaleRows, scaleColumns] else { throw refusal }
  }

  /// Rows of blocks: what the first dimension of the scales must be.
  public var scaleRows: Int { Self.ceiling(rows, blockRows) }

  /// Columns of blocks: what the second dimension of the scales must be.
  public var scaleColumns: Int { Self.ceiling(columns, blockColumns) }

  /// Decodes some rows.
  ///
  /// - Parameters:
  ///   - part: part of the matrix's rows.
  ///   - codes: those rows, one byte an element.
  ///   - scales: the whole grid, scaleRows × scaleColumns, little-endian.
  ///   - into: those rows in bf16, little-endian.
  /// - Throws: `QuantizationError` `.size` (of the rows too, if the matrix has not got them), or `.nonFinite` with the
  ///   row-major index in the matrix of the first element that is not finite: a NaN code, a scale that is not finite, or a
  ///   product beyond bf16. What is in `into` then has no meaning.
  public func decode(
    rows part: Range<Int>, codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer,
    into: UnsafeMutableRawBufferPointer
  ) throws(QuantizationError) {
    guard part.lowerBound >= 0, part.upperBound <= rows else {
      throw .size(buffer: "rows", expected: rows, found: part.upperBound)
    }
    let count = part.count * columns
    try Layout.check("codes", codes.count, count)
    try Layout.check("scales", scales.count, scaleRows * scaleColumns * scaleType.byteWidth)
    try Layout.check("output", into.count, count * 2)
    var format = cambium_fp8_format(
      columns: columns, block_rows: blockRows, block_columns: blockColumns, scale_type: scaleType.kernelType)
    let first = cambium_decode_fp8(
      &format, part.lowerBound, part.count, codes.baseAddress?.assumingMemoryBound(to: UInt8.self), scales.baseAddress,
      into.baseAddress)
    guard first == count else {
      let column = first % columns
      let block = (part.lowerBound + first / columns) / blockRows * scaleColumns + column / blockColumns
      let value = Self.value(codes[first], FloatConversion.load(scales, block, scaleType))
      throw .nonFinite(index: part.lowerBound * columns + first, kind: NonFiniteKind(value))
    }
  }

  /// The definition: one element, as f32.
  public static func value(_ code: UInt8, _ scale: Float) -> Float {
    if code & 0x7F == 0x7F { return .nan }
    return FloatConversion.rounded(E4M3.decode(code) * scale, to: .bf16)
  }

  private static func ceiling(_ whole: Int, _ part: Int) -> Int { whole / part + (whole % part == 0 ? 0 : 1) }
}
