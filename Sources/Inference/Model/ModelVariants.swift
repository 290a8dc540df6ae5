import Checkpoint
import Quantization

/// Models that differ from a checkpoint in the format of some tensors. Everything else is shared, and mapped once.
package struct ModelVariants: Sendable {
  private let folder: CheckpointFolder
  private let weights: StoredWeights

  /// - Parameter folder: A checkpoint, or a package that is not quantized.
  /// - Throws: The errors of `LoadedModel.open(_:head:drafters:)`.
  package init(_ folder: CheckpointFolder) throws {
    self.folder = folder
    weights = try StoredWeights(folder)
  }

  /// The checkpoint with these tensors in a format, byte for byte as a package would have them.
  /// - Parameters:
  ///   - names: Canonical names; none for the checkpoint as it is.
  ///   - format: Divides their columns.
  /// - Throws: `CheckpointError.tensorMissing`, ``InferenceError/dtype(file:tensor:expected:found:)`` for a tensor that is
  ///   quantized already, `QuantizationError`.
  package func model(quantizing names: [String], _ format: QuantizationFormat) throws -> LoadedModel {
    try LoadedModel(folder, weights.quantizing(names, format), drafters: [])
  }

  /// Where the codes of a matrix are, or of each matrix of a stack: the same for all models of these weights.
  /// - Throws: `CheckpointError.tensorMissing`, ``InferenceError/dtype(file:tensor:expected:found:)`` for what is no matrix.
  package func places(of name: String) throws -> [UnsafeRawPointer] {
    let tensor = try weights.tensor(name)
    return try tensor.shape.count == 3 ? tensor.stack().map(\.codes) : [tensor.matrix().codes]
  }

  /// The checkpoint as it is.
  package func model() throws -> LoadedModel { try LoadedModel(folder, weights, drafters: []) }
}

/// Codes, scales and biases of a matrix that was quantized in memory.
final class PackedMemory: @unchecked Sendable {
  let codes: UnsafeMutableRawBufferPointer
  let scales: UnsafeMutableRawBufferPointer
  let biases: UnsafeMutableRawBufferPointer?

  /// The buffers are written once, before they are shared.
  init(codes: Int, scales: Int, biases: Int) {
    self.codes = .allocate(byteCount: max(1, codes), alignment: 64)
    self.scales = .allocate(byteCount: max(1, scales), alignment: 64)
    self.biases = biases == 0 ? nil : .allocate(byteCount: biases, alignment: 64)
  }

  deinit {
    codes.deallocate()
    scales.deallocate()
    biases?.deallocate()
  }
}

extension StoredTensor {
  /// The same tensor in a format.
  func quantized(_ target: QuantizationFormat) throws -> StoredTensor {
    let type: FloatType
    switch format {
    case .f32: type = .f32
    case .f16: type = .f16
    case .bf16: type = .bf16
    default:
      throw InferenceError.dtype(
        file: parts.first?.file.path.string ?? "", tensor: name, expected: "BF16, F16 or F32", found: "\(format)")
    }
    guard let columns = shape.last, columns > 0, !addsOne else {
      throw InferenceError.dtype(
        file: parts.first?.file.path.string ?? "", tensor: name, expected: "a matrix", found: "\(shape)")
    }
    return StoredTensor(
      name: name, shape: shape, format: WeightMatrix.Format(target), parameterType: target.hasBiases ? type : .bf16,
      addsOne: false, parts: try parts.map { try quantized($0, type, columns: columns, target) })
  }

  private func quantized(
    _ part: Part, _ type: FloatType, columns: Int, _ target: QuantizationFormat
  ) throws -> Part {
    // Sizes are those of bytes that are mapped.
    let rows = part.codes.count / type.byteWidth / columns
    let scaleBytes = rows * target.groups(columns: columns) * target.scaleByteWidth(input: type)
    let memory = PackedMemory(
      codes: rows * target.packedWords(columns: columns) * 4, scales: scaleBytes,
      biases: target.hasBiases ? scaleBytes : 0)
    _ = try Quantizer(format: target, input: type).encode(
      rows: rows, columns: columns, input: part.codes, weight: memory.codes, scales: memory.scales,
      biases: memory.biases)
    return Part(
      file: part.file, codes: UnsafeRawBufferPointer(memory.codes), scales: UnsafeRawBufferPointer(memory.scales),
      biases: memory.biases.map { UnsafeRawBufferPointer($0) }, memory: memory)
  }
}
