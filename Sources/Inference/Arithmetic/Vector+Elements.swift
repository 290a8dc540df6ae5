/// Element by element.
extension Vector {
  /// yᵢ = yᵢ + xᵢ.
  public static func add(_ x: UnsafePointer<Float>, count: Int, to y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] += x[i] }
  }

  /// yᵢ = fma(factor, xᵢ, yᵢ).
  public static func add(
    _ x: UnsafePointer<Float>, times factor: Float, count: Int, to y: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count { y[i] = y[i].addingProduct(factor, x[i]) }
  }

  /// yᵢ = factor · yᵢ.
  public static func scale(_ y: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    for i in 0..<count { y[i] *= factor }
  }

  /// yᵢ = yᵢ · sigmoid(gateᵢ), the gate of attention.
  public static func gateSigmoid(_ y: UnsafeMutablePointer<Float>, gate: UnsafePointer<Float>, count: Int) {
    for i in 0..<count { y[i] *= sigmoid(gate[i]) }
  }

  /// yᵢ = silu(gateᵢ) · upᵢ. y may be `gate` or `up`.
  public static func gateSilu(
    _ gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count { y[i] = silu(gate[i]) * up[i] }
  }
}
