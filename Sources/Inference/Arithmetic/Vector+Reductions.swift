import CKernels

extension Vector {
  /// Σ aᵢ · bᵢ.
  public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    cambium_dot(a, b, count)
  }

  /// Σ aᵢ.
  public static func sum(_ a: UnsafePointer<Float>, count: Int) -> Float { cambium_sum(a, count) }

  /// Σ aᵢ².
  public static func squares(_ a: UnsafePointer<Float>, count: Int) -> Float { cambium_dot(a, a, count) }

  /// The largest element; −infinity if there is none.
  public static func maximum(_ a: UnsafePointer<Float>, count: Int) -> Float {
    cambium_maximum(a, count)
  }

  /// The index of the first largest element; 0 if there is none. Elements that are NaN are passed over.
  public static func argmax(_ a: UnsafePointer<Float>, count: Int) -> Int {
    // Two passes, of which the first has the processor's vectors, and the second ends early.
    let largest = maximum(a, count: count)
    var index = 0
    while index < count, a[index] != largest { index += 1 }
    return index < count ? index : 0
  }

  /// yᵢ = xᵢ / sqrt(mean(x²) + ε) · weightᵢ; the weight multiplies as given (1 if nil). y may be x.
  public static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?, count: Int, epsilon: Float,
    into y: UnsafeMutablePointer<Float>
  ) {
    let inverse = 1 / (squares(x, count: count) / Float(count) + epsilon).squareRoot()
    cambium_scale(x, inverse, weight, count, y)
  }

  /// yᵢ = xᵢ · (factor / sqrt(Σ x² + ε)). y may be x.
  public static func l2Norm(
    _ x: UnsafePointer<Float>, count: Int, epsilon: Float, factor: Float, into y: UnsafeMutablePointer<Float>
  ) {
    let inverse = factor / (squares(x, count: count) + epsilon).squareRoot()
    cambium_scale(x, inverse, nil, count, y)
  }
}
