import Quantization
import Testing

@Suite struct DequantizerTests {
  static func decode(
    _ format: QuantizationFormat, _ output: FloatType, rows: Int, columns: Int, _ encoded: Encoded
  ) throws -> [Float] {
    var values = [Float](repeating: -1, count: rows * columns)
    try encoded.weight.withUnsafeBytes { weight in
      try encoded.scales.withUnsafeBytes { scales in
        try encoded.biases.withUnsafeBytes { biases in
          try values.withUnsafeMutableBufferPointer { values in
            try Dequantizer(format: format, output: output).decode(
              rows: rows, columns: columns, weight: weight, scales: scales,
              biases: format.hasBiases ? biases : nil, into: values)
          }
        }
      }
    }
    return values
  }

  @Test(arguments: [FloatType.bf16, .f32])
  func `values are those of MLX`(input: FloatType) throws {
    let golden = try Fixtures.tensors("dequant_\(input.rawValue).safetensors")
    for (key, expected) in golden {
      let parts = key.split(separator: ".")
      let format = try Fixtures.format(String(parts[0]), .cpu)
      let encoded = try Fixtures.tensors("cpu/\(parts[0])_\(input.rawValue).safetensors")
      let output = try #require(FloatType(rawValue: expected.dtype.lowercased()))
      var part = Encoded(format, input, rows: 4, columns: 256)
      let name = String(parts[1])
      part.weight = Array(try #require(encoded[name + ".weight"]).bytes.prefix(part.weight.count))
      part.scales = Array(try #require(encoded[name + ".scales"]).bytes.prefix(part.scales.count))
      if format.hasBiases {
        part.biases = Array(try #require(encoded[name + ".biases"]).bytes.prefix(part.biases.count))
      }
      let values = try Self.decode(format, output, rows: 4, columns: 256, part)
      let bytes = Patterns.bytes(
        values.map { output == .bf16 ? UInt32(FloatConversion.toBF16($0)) : $0.bitPattern }, output)
      #expect(differingBytes(bytes, expected.bytes) == 0, "\(key)")
      #expect(values.allSatisfy { FloatConversion.rounded($0, to: output) == $0 })
    }
    #expect(golden.count == 12)
  }

  /// Whatever shortcut the decoder takes, each value is element · scale, rounded once.
  @Test(arguments: [QuantizationMode.mxfp4, .mxfp8, .nvfp4], [FloatType.bf16, .f16, .f32])
  func `every code under every scale is rounded once`(mode: QuantizationMode, output: FloatType) throws {
    let format = try QuantizationFormat(mode: mode)
    let group = format.groupSize
    let codes = 1 << format.bits
    let groupsPerScale = max(1, codes / group)
    let columns = 256 * groupsPerScale * group
    var encoded = Encoded(format, output, rows: 1, columns: columns)
    encoded.weight = Array(repeating: 0, count: encoded.weight.count)
    let code = { (element: Int) in element % (groupsPerScale * group) % codes }
    for element in 0..<columns {
      if format.bits == 8 {
        encoded.weight[element] = UInt8(code(element))
      } else {
        encoded.weight[element / 2] |= UInt8(code(element)) << UInt8(element % 2 * 4)
      }
    }
    for number in encoded.scales.indices { encoded.scales[number] = UInt8(number / groupsPerScale) }
    let values = try Self.decode(format, output, rows: 1, columns: columns, encoded)
    var wrong = 0
    for element in 0..<columns {
      let byte = encoded.scales[element / group]
      let power = Float(bitPattern: byte == 0 ? 1 << 22 : UInt32(byte) << 23)
      let scale = mode == .nvfp4 ? E4M3.decode(byte) : power
      let exact = (mode == .mxfp8 ? E4M3.decode(UInt8(code(element))) : E2M1.values[code(element)]) * scale
      let expected = FloatConversion.rounded(exact, to: output)
      if values[element].bitPattern != expected.bitPattern && !(values[element].isNaN && expected.isNaN) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test func `scale bytes at both ends are decoded`() throws {
    let format = try QuantizationFormat(mode: .mxfp8)
    var encoded = Encoded(format, .bf16, rows: 1, columns: 128)
    encoded.weight = Array(repeating: 0x38, count: 128)  // 1.0
    encoded.scales = [0, 1, 254, 255]
    let values = try Self.decode(format, .f32, rows: 1, columns: 128, encoded)
    #expect([values[0], values[32], values[64], values[96]] == [0x1p-127, 0x1p-126, 0x1p127, .infinity])
  }

  @Test func `wrong sizes are refused`() throws {
    let format = try QuantizationFormat(mode: .mxfp4)
    let encoded = Encoded(format, .bf16, rows: 1, columns: 32)
    #expect(throws: QuantizationError.size(buffer: "weight", expected: 32, found: 16)) {
      try Self.decode(format, .bf16, rows: 2, columns: 32, encoded)
    }
    #expect(throws: QuantizationError.shape(rows: 1, columns: 33, groupSize: 32)) {
      try Self.decode(format, .bf16, rows: 1, columns: 33, encoded)
    }
  }
}
