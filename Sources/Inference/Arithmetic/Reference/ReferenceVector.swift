/// The vector functions as they are defined, written to be read.
public enum ReferenceVector {
  /// Σ aᵢ · bᵢ, element i in lane i mod 16.
  public static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    var lanes = Lanes.zero
    for start in stride(from: 0, to: count, by: 16) {
      lanes.addProduct(.load(a, at: start, count: count), .load(b, at: start, count: count))
    }
    return lanes.halvingSum()
  }

  /// Σ aᵢ, element i in lane i mod 16.
  public static func sum(_ a: UnsafePointer<Float>, count: Int) -> Float {
    var lanes = Lanes.zero
    for start in stride(from: 0, to: count, by: 16) { lanes += .load(a, at: start, count: count) }
    return lanes.halvingSum()
  }

  /// The largest element; −infinity if there is none.
  public static func maximum(_ a: UnsafePointer<Float>, count: Int) -> Float {
    var lanes = Lanes(repeating: -.infinity)
    for i in 0..<count where a[i] > lanes[i % 16] { lanes[i % 16] = a[i] }
    return lanes.halvingMaximum()
  }

  /// What ``Vector/rmsNorm(_:weight:count:epsilon:into:)`` must return.
  public static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?, count: Int, epsilon: Float,
    into y: UnsafeMutablePointer<Float>
  ) {
    let inverse = 1 / (dot(x, x, count: count) / Float(count) + epsilon).squareRoot()
    for i in 0..<count { y[i] = (x[i] * inverse) * (weight?[i] ?? 1) }
  }

  /// What ``Vector/softmax(_:count:)`` must return.
  public static func softmax(_ scores: UnsafeMutablePointer<Float>, count: Int) {
    let inverse = 1 / exponentials(scores, count: count)
    for i in 0..<count { scores[i] *= inverse }
  }

  /// Replaces the scores by exp(score − maximum) and returns their sum.
  static func exponentials(_ scores: UnsafeMutablePointer<Float>, count: Int) -> Float {
    let maximum = maximum(scores, count: count)
    for i in 0..<count { scores[i] = ReferenceFunctions.exp(scores[i] - maximum) }
    return sum(scores, count: count)
  }

  /// What `Vector.attend` must return.
  public static func attend(
    query: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, headDimension: Int,
    stride: Int, positions: Int, scale: Float, into out: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    for p in 0..<positions { scratch[p] = dot(query, keys + p * stride, count: headDimension) * scale }
    let inverse = 1 / exponentials(scratch, count: positions)
    for d in 0..<headDimension {
      var sum: Float = 0
      for p in 0..<positions { sum = sum.addingProduct(scratch[p], values[p * stride + d]) }
      out[d] = sum * inverse
    }
  }

  /// What `Vector.rotate` must return.
  public static func rotate(
    _ x: UnsafeMutablePointer<Float>, rotaryDimension: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    let half = rotaryDimension / 2
    for f in 0..<half {
      let a = x[f]
      let b = x[half + f]
      x[f] = (-(b * sines[f])).addingProduct(a, cosines[f])
      x[half + f] = (a * sines[f]).addingProduct(b, cosines[f])
    }
  }

  /// What `Vector.convolve` must return.
  public static func convolve(
    _ window: UnsafePointer<Float>, stride: Int, taps: Int, weights: UnsafePointer<Float>, count: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    for c in 0..<count {
      var sum: Float = 0
      for tap in 0..<taps { sum = sum.addingProduct(weights[tap * count + c], window[tap * stride + c]) }
      y[c] = ReferenceFunctions.silu(sum)
    }
  }

  /// What `Vector.deltaSteps` must return for one token: S ← decay · S; u = beta · (v − S k); S ← S + u kᵀ; out = S q.
  public static func deltaStep(
    state: UnsafeMutablePointer<Float>, keyDimension: Int, valueDimension: Int, query: UnsafePointer<Float>,
    key: UnsafePointer<Float>, value: UnsafePointer<Float>, decay: Float, beta: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    for v in 0..<valueDimension {
      let row = state + v * keyDimension
      for k in 0..<keyDimension { row[k] *= decay }
      let delta = (value[v] - dot(row, key, count: keyDimension)) * beta
      for k in 0..<keyDimension { row[k] = row[k].addingProduct(delta, key[k]) }
      out[v] = dot(row, query, count: keyDimension)
    }
  }
}
