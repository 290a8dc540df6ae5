extension Vector {
  /// Σ aᵢ · bᵢ.
  public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    ReferenceVector.dot(a, b, count: count)
  }

  /// Σ aᵢ.
  public static func sum(_ a: UnsafePointer<Float>, count: Int) -> Float { ReferenceVector.sum(a, count: count) }

  /// Σ aᵢ².
  public static func squares(_ a: UnsafePointer<Float>, count: Int) -> Float { ReferenceVector.dot(a, a, count: count) }

  /// The largest element; −infinity if there is none.
  public static func maximum(_ a: UnsafePointer<Float>, count: Int) -> Float {
    ReferenceVector.maximum(a, count: count)
  }

  /// The index of the first largest element; 0 if there is none. Elements that are NaN are passed over.
  public static func argmax(_ a: UnsafePointer<Float>, count: Int) -> Int {
    var best = 0
    for i in 0..<count where a[i] > a[best] || a[best].isNaN { best = i }
    return best
  }

  /// yᵢ = xᵢ / sqrt(mean(x²) + ε) · weightᵢ; the weight multiplies as given (1 if nil). y may be x.
  public static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?, count: Int, epsilon: Float,
    into y: UnsafeMutablePointer<Float>
  ) {
    ReferenceVector.rmsNorm(x, weight: weight, count: count, epsilon: epsilon, into: y)
  }

  /// yᵢ = xᵢ · (factor / sqrt(Σ x² + ε)). y may be x.
  public static func l2Norm(
    _ x: UnsafePointer<Float>, count: Int, epsilon: Float, factor: Float, into y: UnsafeMutablePointer<Float>
  ) {
    let inverse = factor / (squares(x, count: count) + epsilon).squareRoot()
    for i in 0..<count { y[i] = x[i] * inverse }
  }
}
