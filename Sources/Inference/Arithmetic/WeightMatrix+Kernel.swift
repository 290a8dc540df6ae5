import CKernels
import Quantization

extension WeightMatrix {
  /// The matrix as the kernels take it.
  var kernel: cambium_matrix {
    cambium_matrix(
      format: format.kernel, parameter: parameterType.kernel, group: format.group, columns: columns, codes: codes,
      scales: scales, biases: biases)
  }
}

extension WeightMatrix.Format {
  fileprivate var kernel: Int32 {
    switch self {
    case .f32: Int32(CAMBIUM_W_F32)
    case .f16: Int32(CAMBIUM_W_F16)
    case .bf16: Int32(CAMBIUM_W_BF16)
    case .mxfp4: Int32(CAMBIUM_W_MXFP4)
    case .mxfp8: Int32(CAMBIUM_W_MXFP8)
    case .nvfp4: Int32(CAMBIUM_W_NVFP4)
    case .affine(let bits, _):
      switch bits {
      case 2: Int32(CAMBIUM_W_AFFINE2)
      case 3: Int32(CAMBIUM_W_AFFINE3)
      case 4: Int32(CAMBIUM_W_AFFINE4)
      case 5: Int32(CAMBIUM_W_AFFINE5)
      case 6: Int32(CAMBIUM_W_AFFINE6)
      default: Int32(CAMBIUM_W_AFFINE8)
      }
    }
  }
}

extension FloatType {
  fileprivate var kernel: Int32 {
    switch self {
    case .bf16: Int32(CAMBIUM_BF16)
    case .f16: Int32(CAMBIUM_F16)
    case .f32: Int32(CAMBIUM_F32)
    }
  }
}
