import CKernels

/// Converts a little-endian buffer of `type` to f32, exactly (NaN keeps its payload, moved to f32's place).
///
/// - Throws: `QuantizationError.size` unless `raw` holds exactly `output.count` elements.
public func widen(
  _ raw: UnsafeRawBufferPointer, _ type: FloatType, into output: UnsafeMutableBufferPointer<Float>
) throws(QuantizationError) {
  try Layout.check("input", raw.count, output.count * type.byteWidth)
  guard let source = raw.baseAddress, let target = output.baseAddress else { return }
  cambium_widen(source, type.kernelType, target, output.count)
}

/// Index of the first NaN or infinity in a little-endian buffer of `type`; nil if all elements are finite.
/// A trailing part of an element is ignored.
public func firstNonFinite(_ raw: UnsafeRawBufferPointer, _ type: FloatType) -> Int? {
  let count = raw.count / type.byteWidth
  guard let source = raw.baseAddress else { return nil }
  let index = cambium_first_nonfinite(source, type.kernelType, count)
  return index < count ? index : nil
}

/// Refuses NaN and infinity in a little-endian buffer of `type`.
/// - Throws: `QuantizationError.nonFinite` with the index of the first.
public func requireFinite(_ raw: UnsafeRawBufferPointer, _ type: FloatType) throws(QuantizationError) {
  guard let index = firstNonFinite(raw, type) else { return }
  throw .nonFinite(index: index, kind: NonFiniteKind(FloatConversion.load(raw, index, type)))
}

extension FloatType {
  /// The type's number in the C interface.
  var kernelType: Int32 {
    switch self {
    case .bf16: Int32(CAMBIUM_BF16)
    case .f16: Int32(CAMBIUM_F16)
    case .f32: Int32(CAMBIUM_F32)
    }
  }
}

extension QuantizationFormat {
  /// The packed form in the C interface, its values rounded to `type`.
  func kernelFormat(rounding type: FloatType) -> cambium_packed_format {
    let number =
      switch mode {
      case .affine: CAMBIUM_AFFINE
      case .mxfp4: CAMBIUM_MXFP4
      case .mxfp8: CAMBIUM_MXFP8
      case .nvfp4: CAMBIUM_NVFP4
      }
    return cambium_packed_format(mode: Int32(number), bits: Int32(bits), type: type.kernelType, group_size: groupSize)
  }
}
