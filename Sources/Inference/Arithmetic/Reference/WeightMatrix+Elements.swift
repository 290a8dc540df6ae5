import Quantization

/// Single stored elements, for the readable definition.
extension WeightMatrix {
  /// The element of a code before its scale. mxfp8's are 2^-8 of the format's values (see `productScale`).
  func element(_ row: Int, _ column: Int) -> Float {
    let i = row * columns + column
    switch format {
    case .f32: return Float(bitPattern: word(codes, i))
    case .bf16: return FloatConversion.fromBF16(half(codes, i))
    case .f16: return FloatConversion.fromF16(half(codes, i))
    case .mxfp4, .nvfp4: return E2M1.values[Int(code(row, column, bits: 4))]
    case .mxfp8: return E4M3.decode(UInt8(code(row, column, bits: 8))) * 0x1p-8
    case .affine(let bits, _): return Float(code(row, column, bits: bits))
    }
  }

  /// The scale with which the product is formed. mxfp8's carries the 2^8 that its elements lack; from 2^128 on (bytes
  /// 247 and above) it is infinite.
  func productScale(_ row: Int, _ column: Int) -> Float {
    guard case .mxfp8 = format else { return scale(row, column) }
    let byte = Int(scaleByte(row, column)) + 8
    return byte < 255 ? Float(bitPattern: UInt32(byte) << 23) : .infinity
  }

  /// The stored scale: E8M0 (byte b is 2^(b − 127), 255 infinity), E4M3 for nvfp4, a float for affine.
  func scale(_ row: Int, _ column: Int) -> Float {
    switch format {
    case .f32, .f16, .bf16: return 1
    case .mxfp4, .mxfp8:
      let byte = UInt32(scaleByte(row, column))
      return Float(bitPattern: byte == 0 ? 0x0040_0000 : byte << 23)
    case .nvfp4: return E4M3.decode(scaleByte(row, column))
    case .affine: return parameter(scales, row, column)
    }
  }

  func bias(_ row: Int, _ column: Int) -> Float { parameter(biases, row, column) }

  /// The dequantized value.
  func value(_ row: Int, _ column: Int) -> Float {
    switch format {
    case .f32, .f16, .bf16: return element(row, column)
    case .mxfp4, .nvfp4: return element(row, column) * scale(row, column)
    case .mxfp8: return E4M3.decode(UInt8(code(row, column, bits: 8))) * scale(row, column)
    case .affine:
      let product = FloatConversion.rounded(element(row, column) * scale(row, column), to: parameterType)
      return FloatConversion.rounded(product + bias(row, column), to: parameterType)
    }
  }

  private func code(_ row: Int, _ column: Int, bits: Int) -> UInt32 {
    let first = row * format.rowBytes(columns: columns) * 8 + column * bits
    let last = first + bits - 1
    let low = codes.load(fromByteOffset: first / 8, as: UInt8.self)
    let high = codes.load(fromByteOffset: last / 8, as: UInt8.self)
    let window = UInt32(low) | UInt32(first / 8 == last / 8 ? 0 : high) << 8
    return (window >> UInt32(first % 8)) & ((1 << UInt32(bits)) - 1)
  }

  private func scaleByte(_ row: Int, _ column: Int) -> UInt8 {
    scales?.load(fromByteOffset: (row * columns + column) / format.group, as: UInt8.self) ?? 0
  }

  private func parameter(_ pointer: UnsafeRawPointer?, _ row: Int, _ column: Int) -> Float {
    guard let pointer else { return 0 }
    let i = (row * columns + column) / format.group
    switch parameterType {
    case .f32: return Float(bitPattern: word(pointer, i))
    case .bf16: return FloatConversion.fromBF16(half(pointer, i))
    case .f16: return FloatConversion.fromF16(half(pointer, i))
    }
  }

  private func half(_ pointer: UnsafeRawPointer, _ i: Int) -> UInt16 {
    UInt16(littleEndian: pointer.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
  }

  private func word(_ pointer: UnsafeRawPointer, _ i: Int) -> UInt32 {
    UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
  }
}
