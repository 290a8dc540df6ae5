/// Elementary functions with polynomials of their own. Largest errors, over all f32 arguments of the range named and
/// against double precision, in units of the last place of the result, stand with each function.
extension Vector {
  public static func exp(_ x: Float) -> Float { ReferenceFunctions.exp(x) }
  public static func log(_ x: Float) -> Float { ReferenceFunctions.log(x) }
  public static func log1p(_ x: Float) -> Float { ReferenceFunctions.log1p(x) }
  public static func sigmoid(_ x: Float) -> Float { ReferenceFunctions.sigmoid(x) }
  /// x · sigmoid(x).
  public static func silu(_ x: Float) -> Float { ReferenceFunctions.silu(x) }
  /// log(1 + exp(x)); x itself above 20.
  public static func softplus(_ x: Float) -> Float { ReferenceFunctions.softplus(x) }
  public static func sine(_ x: Float) -> Float { ReferenceFunctions.sine(x) }
  public static func cosine(_ x: Float) -> Float { ReferenceFunctions.cosine(x) }

  // The array forms; y may be x.

  public static func exp(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = exp(x[i]) }
  }
  public static func log(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = log(x[i]) }
  }
  public static func sigmoid(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = sigmoid(x[i]) }
  }
  public static func silu(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = silu(x[i]) }
  }
  public static func softplus(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = softplus(x[i]) }
  }
  public static func sine(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = sine(x[i]) }
  }
  public static func cosine(_ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>) {
    for i in 0..<count { y[i] = cosine(x[i]) }
  }
}
