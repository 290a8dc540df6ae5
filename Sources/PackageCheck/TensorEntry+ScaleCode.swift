import Quantization
import Safetensors
import StrictJSON

extension TensorEntry {
  /// How a tensor's bytes are coded when they are the scales of packed blocks; nil for any other tensor.
  ///
  /// Told by shapes alone, as a configuration may say anything: nvfp4 has 16 elements a scale, two words of its matrix;
  /// mxfp4 has four words, and mxfp8 eight.
  func scaleCode(among shards: [UTF8Name: SafetensorsFile]) -> ScaleCode? {
    let suffix = ".scales"
    guard dtype == .u8, name.hasBytes(atEnd: suffix) else { return nil }
    let matrix = String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self) + ".weight"
    let words = shards.values.lazy.compactMap { $0.header[matrix]?.shape.last }.first ?? 0
    return words / 2 == shape.last && words % 2 == 0 ? .e4m3 : .e8m0
  }
}
