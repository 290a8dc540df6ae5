import Safetensors

extension TensorResolver {
  /// A matrix that was quantized before: its codes, scales and biases, each as it is. Nil when `source` is not packed.
  /// - Throws: ``CheckpointError/shape(file:tensor:expected:found:)`` when the parts are not those of the shape,
  ///   ``CheckpointError/tensorMissing(path:tensors:count:)`` for codes without scales.
  mutating func resolvePacked(
    _ row: TensorRow, _ source: String, _ shape: [Int], name: String
  ) throws -> [ResolvedTensor]? {
    guard source.hasSuffix(".weight"), let weight = folder[source], weight.entry.dtype == .u32 else { return nil }
    let base = String(source.dropLast(".weight".count))
    guard let scales = folder[base + ".scales"] else {
      throw CheckpointError.tensorMissing(path: folder.path, tensors: [base + ".scales"], count: 1)
    }
    let biases = folder[base + ".biases"]
    let leading = Array(shape.dropLast())
    let parts: [(String, CheckpointFolder.Place)] =
      [(".weight", weight), (".scales", scales)] + (biases.map { [(".biases", $0)] } ?? [])
    let fits = shape.count >= 2 && parts.allSatisfy { Array($0.1.entry.shape.dropLast()) == leading }
    guard fits, biases.map({ $0.entry.shape == scales.entry.shape && $0.entry.dtype == scales.entry.dtype }) ?? true,
      let packing = Packing(
        columns: shape.last ?? 0, words: weight.entry.shape.last ?? 0, groups: scales.entry.shape.last ?? 0,
        scales: scales.entry.dtype, hasBiases: biases != nil)
    else {
      let found = parts.map { "\($0.0.dropFirst()) \($0.1.entry.dtype.rawValue) \($0.1.entry.shape)" }
      throw CheckpointError.shape(
        file: folder.shardPath(of: weight).string, tensor: source,
        expected: "[\(row.shape.joined(separator: ", "))] = \(shape), packed", found: found.joined(separator: ", "))
    }
    let target = String(name.dropLast(".weight".count))
    return parts.map { suffix, place in
      use(base + suffix)
      return ResolvedTensor(
        name: target + suffix, role: row.role, transform: .none, dtype: place.entry.dtype, shape: place.entry.shape,
        sources: [base + suffix], assembly: "copy", segments: [range(place, 0, place.entry.byteCount)], packing: packing
      )
    }
  }
}
