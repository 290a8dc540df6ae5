import Checkpoint
import SystemPackage

/// The tower's tensors by canonical name, widened when they are asked for.
struct VisionWeights: Sendable {
  let path: FilePath
  let tensors: [String: StoredTensor]
  /// Whether the patch embedding is in the package's layout [Hx, Tp, P, P, C], else [Hx, C, Tp, P, P].
  let isPackage: Bool

  func vector(_ name: String) throws -> FloatBuffer {
    guard let tensor = tensors["vision_tower." + name] else {
      throw CheckpointError.tensorMissing(path: path, tensors: ["vision_tower." + name], count: 1)
    }
    return try tensor.vector()
  }

  func linear(_ name: String, rows: Int, columns: Int) throws -> DenseLinear {
    DenseLinear(
      weight: try vector(name + ".weight"), bias: try vector(name + ".bias"), rows: rows, columns: columns)
  }

  /// The convolution as a matrix [Hx, C · Tp · P · P], columns in the order of a patch's numbers.
  func patchEmbedding(_ configuration: VisionConfiguration) throws -> DenseLinear {
    var linear = try linear("patch_embed.proj", rows: configuration.hidden, columns: configuration.patchLength)
    guard isPackage else { return linear }
    let stored = linear.weight
    let ordered = FloatBuffer(count: stored.count)
    let (channels, places) = (configuration.channels, configuration.patchLength / configuration.channels)
    for row in 0..<configuration.hidden {
      let (from, to) = (stored.pointer + row * linear.columns, ordered.pointer + row * linear.columns)
      for place in 0..<places {
        for channel in 0..<channels { to[channel * places + place] = from[place * channels + channel] }
      }
    }
    linear.weight = ordered
    return linear
  }

  func block(_ index: Int, _ configuration: VisionConfiguration) throws -> VisionBlock {
    let name = "blocks.\(index)."
    let (hidden, intermediate) = (configuration.hidden, configuration.intermediate)
    return VisionBlock(
      attentionNorm: try norm(name + "norm1"), feedForwardNorm: try norm(name + "norm2"),
      projections: try linear(name + "attn.qkv", rows: 3 * hidden, columns: hidden),
      output: try linear(name + "attn.proj", rows: hidden, columns: hidden),
      up: try linear(name + "mlp.linear_fc1", rows: intermediate, columns: hidden),
      down: try linear(name + "mlp.linear_fc2", rows: hidden, columns: intermediate))
  }

  func norm(_ name: String) throws -> LayerNorm {
    LayerNorm(weight: try vector(name + ".weight"), bias: try vector(name + ".bias"))
  }
}

/// The parameters of one block.
struct VisionBlock: Sendable {
  let attentionNorm: LayerNorm
  let feedForwardNorm: LayerNorm
  /// [3·Hx, Hx]: all queries, all keys, all values.
  let projections: DenseLinear
  let output: DenseLinear
  let up: DenseLinear
  let down: DenseLinear
}

/// (x − mean) / sqrt(variance + ε) · weight + bias, ε = 1e-6.
struct LayerNorm: Sendable {
  let weight: FloatBuffer
  let bias: FloatBuffer

  /// - Parameter y: `weight.count` elements; may be `x`.
  func apply(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    let count = weight.count
    let mean = Vector.sum(x, count: count) / Float(count)
    for i in 0..<count { y[i] = x[i] - mean }
    let inverse = 1 / (Vector.squares(y, count: count) / Float(count) + 1e-6).squareRoot()
    for i in 0..<count { y[i] = y[i] * inverse * weight.pointer[i] + bias.pointer[i] }
  }
}
