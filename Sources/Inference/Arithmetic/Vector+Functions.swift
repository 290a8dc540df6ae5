import CKernels

/// Elementary functions with separate polynomials. Their largest errors, measured against double precision over every
/// f32 argument of a range, are on the page *Canonical arithmetic*; tests compare samples with bounds a little above.
extension Vector {
  /// e to the power x.
  public static func exp(_ x: Float) -> Float { ReferenceFunctions.exp(x) }
  /// The natural logarithm.
  public static func log(_ x: Float) -> Float { ReferenceFunctions.log(x) }
  /// log(1 + x).
  public static func log1p(_ x: Float) -> Float { ReferenceFunctions.log1p(x) }
  /// 1 / (1 + exp(−x)).
  public static func sigmoid(_ x: Float) -> Float { ReferenceFunctions.sigmoid(x) }
  /// x · sigmoid(x).
  public static func silu(_ x: Float) -> Float { ReferenceFunctions.silu(x) }
  /// log(1 + exp(x)); x itself above 20.
  public static func softplus(_ x: Float) -> Float { ReferenceFunctions.softplus(x) }
  /// sin x, of radians.
  public static func sine(_ x: Float) -> Float { ReferenceFunctions.sine(x) }
  /// cos x, of radians.
  public static func cosine(_ x: Float) -> Float { ReferenceFunctions.cosine(x) }

  // The array forms; y may be x.

  /// y[i] = exp(x[i]).
  public static func exp(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_EXP), x, count, y)
  }
  /// y[i] = log(x[i]).
  public static func log(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_LOG), x, count, y)
  }
  /// y[i] = log(1 + x[i]).
  public static func log1p(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_LOG1P), x, count, y)
  }
  /// y[i] = 1 / (1 + exp(−x[i])).
  public static func sigmoid(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_SIGMOID), x, count, y)
  }
  /// y[i] = x[i] · sigmoid(x[i]).
  public static func silu(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_SILU), x, count, y)
  }
  /// y[i] = log(1 + exp(x[i])).
  public static func softplus(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_SOFTPLUS), x, count, y)
  }
  /// y[i] = sin x[i], of radians.
  public static func sine(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_SINE), x, count, y)
  }
  /// y[i] = cos x[i], of radians.
  public static func cosine(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    cambium_apply(Int32(CAMBIUM_COSINE), x, count, y)
  }
}
