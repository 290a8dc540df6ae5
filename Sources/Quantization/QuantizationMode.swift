/// The quantization modes of MLX.
public enum QuantizationMode: String, Sendable, CaseIterable {
  /// Integer codes with a scale and a bias for each group, both in the weight's type.
  case affine
  /// E2M1 elements with one E8M0 scale for 32 of them.
  case mxfp4
  /// E4M3 elements with one E8M0 scale for 32 of them.
  case mxfp8
  /// E2M1 elements with one E4M3 scale for 16 of them.
  case nvfp4
}

/// Which of MLX's backends the bytes follow: they round differently.
public enum QuantizerReference: String, Sendable, CaseIterable {
  /// The GPU kernels; what published checkpoints were made with.
  case metal
  /// The CPU backend, which can be run as an oracle on Linux.
  case cpu
}

/// How the E8M0 scale of an mx mode follows from the group's largest magnitude. The other modes ignore it.
public enum ScaleRule: String, Sendable, CaseIterable {
  /// Exponent ceil(log2(amax / peak)), MLX 0.32.2 and later: nothing saturates.
  case ceil
  /// Exponent round(log2(amax / peak)), MLX 0.30.0 to 0.32.1: the largest elements may saturate.
  case round
}

/// How the scales of groups are found. Readers need not know: the form is the same.
public enum ScaleMethod: String, Sendable, CaseIterable {
  /// Scales as MLX finds them, byte for byte: from the group's largest and smallest element.
  case mlx
  /// The best of the candidates around MLX's, by the squared error of what they decode to.
  case search
  /// Scales as in ``search``, and codes that make up for the error of those before them, by the second moments of the
  /// layer's inputs (``FeedbackQuantizer``). Where there are no moments, the same as ``search``.
  case feedback
}

/// Storage types of weights and of affine scales and biases.
public enum FloatType: String, Sendable, CaseIterable {
  /// 8 bits of exponent, 7 of fraction.
  case bf16
  /// IEEE 754 binary16.
  case f16
  /// IEEE 754 binary32.
  case f32

  /// Bytes of one element.
  public var byteWidth: Int { self == .f32 ? 4 : 2 }
}
