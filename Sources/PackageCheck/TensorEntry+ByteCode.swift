import Quantization
import Safetensors
import StrictJSON

extension TensorEntry {
  /// How a tensor's bytes are coded when it is a part of packed blocks that could hold what is no number: their scales, or
  /// the elements of mxfp8; nil for any other tensor.
  ///
  /// Told by shapes alone, as a configuration may say anything: nvfp4 has 16 elements a scale, two words of its matrix;
  /// mxfp4 has four words, and mxfp8 eight.
  func byteCode(among shards: [UTF8Name: SafetensorsFile]) -> ByteCode? {
    switch dtype {
    case .u8:
      guard let words = neighbour(of: ".scales", ".weight", among: shards)?.shape.last else {
        return name.hasBytes(atEnd: ".scales") ? .e8m0 : nil
      }
      return words / 2 == shape.last && words % 2 == 0 ? ByteCode(scalesOf: .nvfp4) : ByteCode(scalesOf: .mxfp8)
    case .u32:
      guard let scales = neighbour(of: ".weight", ".scales", among: shards), scales.dtype == .u8,
        let words = shape.last, words % 8 == 0, words / 8 == scales.shape.last
      else { return nil }
      return ByteCode(elementsOf: .mxfp8)
    default: return nil
    }
  }

  /// Another part of the same matrix; nil unless this one's name ends so, and that one is there.
  private func neighbour(
    of suffix: String, _ other: String, among shards: [UTF8Name: SafetensorsFile]
  ) -> TensorEntry? {
    guard name.hasBytes(atEnd: suffix) else { return nil }
    let wanted = String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self) + other
    return shards.values.lazy.compactMap { $0.header[wanted] }.first
  }
}
