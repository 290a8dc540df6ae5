import Quantization

extension WeightMatrix.Format {
  /// The format of a quantized tensor as the configuration names it.
  public init(_ format: QuantizationFormat) {
    switch format.mode {
    case .affine: self = .affine(bits: format.bits, group: format.groupSize)
    case .mxfp4: self = .mxfp4
    case .mxfp8: self = .mxfp8
    case .nvfp4: self = .nvfp4
    }
  }

  /// The format of an unquantized tensor.
  public init(_ type: FloatType) {
    switch type {
    case .bf16: self = .bf16
    case .f16: self = .f16
    case .f32: self = .f32
    }
  }

  /// Stored bits of one element, without its share of scale and bias.
  public var bits: Int {
    switch self {
    case .f32: 32
    case .f16, .bf16: 16
    case .mxfp8: 8
    case .mxfp4, .nvfp4: 4
    case .affine(let bits, _): bits
    }
  }

  /// Consecutive elements that share a scale; 1 for the float formats, which have none.
  public var group: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .mxfp4, .mxfp8: 32
    case .nvfp4: 16
    case .affine(_, let group): group
    }
  }

  /// Whether groups have scales.
  public var hasScales: Bool {
    switch self {
    case .f32, .f16, .bf16: false
    default: true
    }
  }

  /// Whether groups have biases, too.
  public var hasBiases: Bool {
    if case .affine = self { true } else { false }
  }

  /// Bytes of the codes of one row.
  public func rowBytes(columns: Int) -> Int { columns * bits / 8 }

  /// Bytes of the scales (and of the biases, where there are any) of one row.
  public func scaleBytes(columns: Int, parameterType: FloatType) -> Int {
    guard hasScales else { return 0 }
    return columns / group * (hasBiases ? parameterType.byteWidth : 1)
  }

  /// Whether MLX has the format.
  var isKnown: Bool {
    guard case .affine(let bits, let group) = self else { return true }
    return [2, 3, 4, 5, 6, 8].contains(bits) && [32, 64, 128].contains(group)
  }
}

/// The bytes that a matrix takes, computed without overflow.
struct StoredSize {
  let codes: Int
  let scales: Int
  let biases: Int

  init(
    format: WeightMatrix.Format, rows: Int, columns: Int, parameterType: FloatType
  ) throws(WeightMatrixError) {
    let (elements, overflow) = rows.multipliedReportingOverflow(by: columns)
    // 2^56 elements of 4 bytes stay far inside Int; the columns alone bound the scratch memory of a product.
    guard format.isKnown, rows > 0, columns > 0, columns % format.group == 0, !overflow, elements < 1 << 56,
      columns < 1 << 31
    else { throw .shape(format: "\(format)", rows: rows, columns: columns, group: format.group) }
    codes = rows * format.rowBytes(columns: columns)
    scales = rows * format.scaleBytes(columns: columns, parameterType: parameterType)
    biases = format.hasBiases ? scales : 0
  }
}
