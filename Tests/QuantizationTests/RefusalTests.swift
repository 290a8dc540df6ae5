import Quantization
import Testing

@Suite struct RefusalTests {
  private func refusal(
    rows: Int, columns: Int, input: Int, weight: Int, scales: Int, biases: Int?,
    mode: QuantizationMode = .affine
  ) throws -> QuantizationError? {
    let input = [UInt8](repeating: 0, count: input)
    var weight = [UInt8](repeating: 0, count: weight)
    var scales = [UInt8](repeating: 0, count: scales)
    var biasBytes = [UInt8](repeating: 0, count: biases ?? 0)
    let quantizer = Quantizer(format: try QuantizationFormat(mode: mode), input: .bf16)
    return input.withUnsafeBytes { input in
      weight.withUnsafeMutableBytes { weight in
        scales.withUnsafeMutableBytes { scales in
          biasBytes.withUnsafeMutableBytes { biasBytes in
            do throws(QuantizationError) {
              _ = try quantizer.encode(
                rows: rows, columns: columns, input: input, weight: weight, scales: scales,
                biases: biases == nil ? nil : biasBytes)
              return nil
            } catch { return error }
          }
        }
      }
    }
  }

  @Test func `wrong shapes are refused`() throws {
    #expect(try refusal(rows: 1, columns: 64, input: 128, weight: 32, scales: 2, biases: 2) == nil)
    #expect(try refusal(rows: 0, columns: 64, input: 0, weight: 0, scales: 0, biases: 0) == nil)
    for (rows, columns) in [(1, 32), (1, 65), (1, 0), (-1, 64), (Int.max, 64), (2, -64)] {
      let error = try refusal(rows: rows, columns: columns, input: 0, weight: 0, scales: 0, biases: 0)
      #expect(error == .shape(rows: rows, columns: columns, groupSize: 64))
      #expect(error?.diagnostic.code == "E_QUANT_SHAPE")
    }
  }

  @Test func `wrong buffers are refused`() throws {
    let errors = [
      try refusal(rows: 1, columns: 64, input: 127, weight: 32, scales: 2, biases: 2),
      try refusal(rows: 1, columns: 64, input: 128, weight: 33, scales: 2, biases: 2),
      try refusal(rows: 1, columns: 64, input: 128, weight: 32, scales: 1, biases: 2),
      try refusal(rows: 1, columns: 64, input: 128, weight: 32, scales: 2, biases: nil),
      try refusal(rows: 1, columns: 64, input: 128, weight: 32, scales: 2, biases: 2, mode: .mxfp4),
    ]
    #expect(
      errors == [
        .size(buffer: "input", expected: 128, found: 127), .size(buffer: "weight", expected: 32, found: 33),
        .size(buffer: "scales", expected: 2, found: 1), .size(buffer: "biases", expected: 2, found: 0),
        .size(buffer: "biases", expected: 0, found: 2),
      ])
    #expect(errors.allSatisfy { $0?.diagnostic.code == "E_QUANT_SIZE" })
  }

  @Test(arguments: FloatType.allCases, QuantizationMode.allCases)
  func `the first non-finite element is named`(type: FloatType, mode: QuantizationMode) throws {
    let kinds: [(Float, NonFiniteKind)] = [
      (.nan, .nan), (.infinity, .positiveInfinity), (-.infinity, .negativeInfinity),
    ]
    let rows = 300
    let columns = 256
    let format = try QuantizationFormat(mode: mode)
    let total = rows * columns
    for (value, kind) in kinds {
      for index in [0, 1, 31, 32, 1023, 1024, 16_383, 16_384, 32_767, 32_768, 65_537, total - 1] {
        var input = [UInt8](repeating: 0, count: total * type.byteWidth)
        for later in [min(index + 40, total - 1), total - 1] { put(.nan, later, type, &input) }
        put(value, index, type, &input)
        #expect(throws: QuantizationError.nonFinite(index: index, kind: kind)) {
          try Encoded.fast(format, type, rows: rows, columns: columns, input)
        }
      }
    }
  }

  private func put(_ value: Float, _ index: Int, _ type: FloatType, _ bytes: inout [UInt8]) {
    let word: UInt32 =
      switch type {
      case .bf16: UInt32(FloatConversion.toBF16(value))
      case .f16: UInt32(FloatConversion.toF16(value))
      case .f32: value.bitPattern
      }
    for k in 0..<type.byteWidth { bytes[index * type.byteWidth + k] = UInt8(truncatingIfNeeded: word >> (8 * k)) }
  }
}
