import Quantization
import Safetensors

extension FloatType {
  /// The float type of a stored dtype; nil for any other.
  package init?(_ dtype: DType) {
    switch dtype {
    case .bf16: self = .bf16
    case .f16: self = .f16
    case .f32: self = .f32
    default: return nil
    }
  }

  /// The dtype in safetensors.
  package var dtype: DType {
    switch self {
    case .bf16: .bf16
    case .f16: .f16
    case .f32: .f32
    }
  }
}
