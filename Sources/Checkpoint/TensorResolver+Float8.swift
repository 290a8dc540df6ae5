import Safetensors

extension TensorResolver {
  /// The scales of an FP8 matrix: `NAME_scale_inv` beside `NAME`. Nil when it is no such matrix, or has no scales.
  /// - Throws: ``CheckpointError/shape(file:tensor:expected:found:)`` unless there is one scale for each block.
  mutating func blockScales(_ source: String, _ place: CheckpointFolder.Place) throws -> BlockScales? {
    guard place.entry.dtype == .f8e4m3, place.entry.shape.count == 2, let scales = folder[source + "_scale_inv"],
      [.f32, .bf16].contains(scales.entry.dtype)
    else { return nil }
    let expected = place.entry.shape.map { ($0 + BlockScales.block - 1) / BlockScales.block }
    guard scales.entry.shape == expected else {
      throw CheckpointError.shape(
        file: folder.shardPath(of: scales), tensor: source + "_scale_inv",
        expected: "\(expected), one for each block of \(BlockScales.block) x \(BlockScales.block)",
        found: "\(scales.entry.shape)")
    }
    used.insert(source + "_scale_inv")
    return BlockScales(
      range: range(scales, 0, scales.entry.byteCount), dtype: scales.entry.dtype, matrix: place.entry.shape,
      shape: scales.entry.shape)
  }
}
