import CKernels

/// Element by element.
extension Vector {
  /// yᵢ = yᵢ + xᵢ.
  public static func add(_ x: UnsafePointer<Float>, count: Int, to y: UnsafeMutablePointer<Float>) {
    cambium_add_product(x, 1, count, y)
  }

  /// yᵢ = fma(factor, xᵢ, yᵢ).
  public static func add(
    _ x: UnsafePointer<Float>, times factor: Float, count: Int, to y: UnsafeMutablePointer<Float>
  ) {
    cambium_add_product(x, factor, count, y)
  }

  /// yᵢ = factor · yᵢ.
  public static func scale(_ y: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    cambium_scale(y, factor, nil, count, y)
  }

  /// yᵢ = yᵢ · sigmoid(gateᵢ), the gate of attention.
  public static func gateSigmoid(_ y: UnsafeMutablePointer<Float>, gate: UnsafePointer<Float>, count: Int) {
    cambium_gate_sigmoid(gate, count, y)
  }

  /// yᵢ = silu(gateᵢ) · upᵢ. y may be `gate` or `up`.
  public static func gateSilu(
    _ gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>
  ) {
    cambium_gate_silu(gate, up, count, y)
  }
}
