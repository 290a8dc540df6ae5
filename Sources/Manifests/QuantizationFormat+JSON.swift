import Quantization
import StrictJSON

extension QuantizationFormat {
  /// `{"mode", "bits", "group_size", "reference", "scale_rule"}`, and `"scales"` where they are not found as MLX finds them.
  package var json: JSONValue {
    .object(
      [
        ("mode", .string(mode.rawValue)), ("bits", .int(bits)), ("group_size", .int(groupSize)),
        ("reference", .string(reference.rawValue)), ("scale_rule", .string(scaleRule.rawValue)),
      ] + (scales == .mlx ? [] : [("scales", .string(scales.rawValue))]))
  }

  /// `affine 4/64`, and how the scales are found where it is not MLX's way.
  package var words: String {
    "\(mode.rawValue) \(bits)/\(groupSize)" + (scales == .mlx ? "" : " \(scales.rawValue)")
  }
}
