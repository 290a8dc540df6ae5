import Checkpoint
import StrictJSON

extension Rotary {
  /// Reads `rope_parameters` (or its older form: `rope_scaling` and fields outside).
  ///
  /// Axes: interleaved sections of the vision-language models: frequency f is of height if f mod 3 = 1 and
  /// f < 3·sections[1], of width if f mod 3 = 2 and f < 3·sections[2], else of time.
  init(_ reader: ConfigurationReader, headDimension: Int) throws {
    let nested = [reader.text["rope_parameters"], reader.text["rope_scaling"]].compactMap { $0 }
      .first { $0.members != nil }
    let fields = nested ?? .object([])
    let factor =
      try reader.positive("partial_rotary_factor", in: fields)
      ?? reader.positive("partial_rotary_factor", in: reader.text) ?? 0.25
    guard factor <= 1 else { throw reader.wrong("partial_rotary_factor", "at most 1", "\(factor)") }
    let dimension = Int(Double(headDimension) * factor)
    guard dimension >= 2, dimension % 2 == 0 else {
      throw reader.wrong("partial_rotary_factor", "an even, positive number of rotated components", "\(dimension)")
    }
    let stated = try reader.positive("rope_theta", in: fields) ?? reader.positive("rope_theta", in: reader.text)
    let theta = stated ?? Double(ModelConfig.defaultTheta)
    guard theta > 1 else { throw reader.wrong("rope_theta", "a number above 1", "\(theta)") }
    let powers = (0..<dimension / 2).map { f in
      Float(DoubleFunctions.power(theta, Double(2 * f) / Double(dimension)))
    }
    self.dimension = dimension
    axes = try Rotary.axes(fields, reader, count: dimension / 2)
    let type = fields["rope_type"] ?? fields["type"]
    switch type?.stringValue {
    case nil where type == nil || type?.isNull == true, "default":
      inverseFrequencies = powers.map { 1 / $0 }
      attentionFactor = 1
    case "yarn":
      let yarn = try YaRN(fields, reader, theta: theta, dimension: dimension)
      inverseFrequencies = powers.enumerated().map { yarn.inverse($1, frequency: $0) }
      attentionFactor = yarn.attentionFactor
    default:
      throw InferenceError.unsupported(
        file: reader.file, feature: "this kind of rotary positions", expected: "rope_type default or yarn",
        found: type?.typeName ?? "nothing")
    }
  }

  private static func axes(_ fields: JSONValue, _ reader: ConfigurationReader, count: Int) throws -> [UInt8] {
    if fields["mrope_interleaved"]?.boolValue == false, fields["mrope_section"]?.arrayValue != nil {
      throw InferenceError.unsupported(
        file: reader.file, feature: "position sections in blocks", expected: "mrope_interleaved true", found: "false")
    }
    guard let list = fields["mrope_section"]?.arrayValue else { return standardAxes(count) }
    let sections = list.compactMap(\.intValue)
    guard sections.count == 3, list.count == 3, sections.allSatisfy({ (0...count).contains($0) }),
      sections.reduce(0, +) == count
    else {
      throw reader.wrong("mrope_section", "three numbers whose sum is \(count)", "\(list.map(\.typeName))")
    }
    return interleaved(count, height: sections[1], width: sections[2])
  }

  /// The default [11, 11, 10] belongs to 32 frequencies; other models without sections have text positions only.
  private static func standardAxes(_ count: Int) -> [UInt8] {
    count == 32 ? interleaved(count, height: 11, width: 10) : Array(repeating: 0, count: count)
  }

  private static func interleaved(_ count: Int, height: Int, width: Int) -> [UInt8] {
    (0..<count).map { f in
      f % 3 == 1 && f < 3 * height ? 1 : f % 3 == 2 && f < 3 * width ? 2 : 0
    }
  }
}

/// YaRN's change of the frequencies (transformers, `modeling_rope_utils.py`): slow ones are interpolated by `factor`,
/// fast ones kept, with a ramp between.
struct YaRN {
  let factor: Double
  let low: Double
  let high: Double
  let attentionFactor: Float

  init(_ fields: JSONValue, _ reader: ConfigurationReader, theta: Double, dimension: Int) throws {
    guard let original = try reader.positive("original_max_position_embeddings", in: fields) else {
      throw reader.wrong("original_max_position_embeddings", "a positive number", "nothing")
    }
    guard let factor = try reader.positive("factor", in: fields) else {
      throw reader.wrong("factor", "a positive number", "nothing")
    }
    self.factor = factor
    let bound = { (rotations: Double) in
      Double(dimension) * DoubleFunctions.logarithm(original / (rotations * 2 * Double.pi))
        / (2 * DoubleFunctions.logarithm(theta))
    }
    let truncates = fields["truncate"]?.boolValue ?? true
    let fast = bound(try reader.positive("beta_fast", in: fields) ?? 32)
    let slow = bound(try reader.positive("beta_slow", in: fields) ?? 1)
    low = max(truncates ? fast.rounded(.down) : fast, 0)
    let high = min(truncates ? slow.rounded(.up) : slow, Double(dimension - 1))
    self.high = high == low ? high + 0.001 : high
    let scale = { (m: Double) in factor <= 1 ? 1 : 0.1 * m * DoubleFunctions.logarithm(factor) + 1 }
    if let given = try reader.positive("attention_factor", in: fields) {
      attentionFactor = Float(given)
    } else if let m = try reader.positive("mscale", in: fields),
      let all = try reader.positive("mscale_all_dim", in: fields)
    {
      attentionFactor = Float(scale(m) / scale(all))
    } else {
      attentionFactor = Float(scale(1))
    }
  }

  /// The inverse of `power` = θ^(2f/R), interpolated as far as the ramp says at `frequency` f.
  func inverse(_ power: Float, frequency: Int) -> Float {
    let ramp = Float(min(max((Double(frequency) - low) / (high - low), 0), 1))
    let extrapolation = 1 / power
    let interpolation = 1 / (Float(factor) * power)
    return interpolation * ramp + extrapolation * (1 - ramp)
  }
}
