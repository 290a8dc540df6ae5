import Safetensors

extension TensorResolver {
  /// The scales of an FP8 matrix: `NAME_scale_inv` or `NAME_scale` beside `NAME`, a factor in spite of the first name.
  /// Nil when it is no such matrix, or has no scales.
  /// - Throws: ``CheckpointError/shape(file:tensor:expected:found:)`` unless there is one scale for each block,
  ///   ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)`` when the configuration says something else
  ///   of them, ``CheckpointError/config(file:field:expected:found:)`` for a field of another type.
  mutating func blockScales(_ source: String, _ place: CheckpointFolder.Place) throws -> BlockScales? {
    guard place.entry.dtype == .f8e4m3, place.entry.shape.count == 2,
      let name = ["_scale_inv", "_scale"].map({ source + $0 }).first(where: { folder[$0] != nil }),
      let scales = folder[name], [.f32, .bf16, .f8e8m0].contains(scales.entry.dtype)
    else { return nil }
    guard
      let grid = Float8Grid(
        weight: place.entry.shape, scales: scales.entry.shape, isDeclared: folder.declaresFloat8)
    else {
      throw CheckpointError.shape(
        file: folder.shardPath(of: scales).string, tensor: name,
        expected: "\(place.entry.shape.map { ($0 + BlockScales.block - 1) / BlockScales.block }), "
          + "one for each block of \(BlockScales.block) x \(BlockScales.block)",
        found: "\(scales.entry.shape)")
    }
    try requireDeclared(grid, place.entry.shape, scales: name)
    use(name)
    return BlockScales(
      range: range(scales, 0, scales.entry.byteCount), dtype: scales.entry.dtype, matrix: place.entry.shape,
      shape: grid.shape, blockRows: grid.blockRows, blockColumns: grid.blockColumns)
  }
  private mutating func requireDeclared(_ grid: Float8Grid, _ matrix: [Int], scales name: String) throws {
    let declared = try declaration()
    if let format = declared.foreignFormat { throw refusal(name, "the format \(format)") }
    // Groups of columns are not read as FP8's: what is declared so is the format of other modules.
    if case .columns? = declared.groups { return }
    guard declared.fits(grid: grid.shape, matrix: matrix, isOrdered: false) else {
      throw refusal(name, "scales \(grid.shape) of \(matrix), and \(declared.groupSummary) in quantization_config")
    }
  }
}
