import Safetensors

extension TensorResolver {
  /// What the configuration says of quantized matrices; read once, when the first is met.
  /// - Throws: ``CheckpointError/config(file:field:expected:found:)`` for a field of another type.
  mutating func declaration() throws -> DeclaredQuantization {
    if let declared { return declared }
    let read = try DeclaredQuantization(folder)
    declared = read
    return read
  }

  /// A tensor without which others cannot be understood.
  /// - Throws: ``CheckpointError/tensorMissing(path:tensors:count:)``.
  @discardableResult
  func part(_ name: String) throws -> CheckpointFolder.Place {
    guard let place = folder[name] else {
      throw CheckpointError.tensorMissing(path: folder.path, tensors: [name], count: 1)
    }
    return place
  }

  /// Checks codes and the number of their scales against their format, and against the configuration.
  /// - Parameters:
  ///   - name: The tensor of codes.
  ///   - scales: The tensor of scales.
  /// - Throws: ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)``.
  func require(_ declared: DeclaredQuantization, of codes: GroupedCodes, _ name: String, scales: String) throws {
    if let bits = declared.bits, bits != codes.code.bits {
      throw refusal(name, "codes of \(codes.code.bits) bits, and bits \(bits) in quantization_config")
    }
    let matrix = codes.matrix
    let size: Int? =
      switch codes.scale {
      case .e4m3: 16
      case .e8m0: 32
      case .bf16, .f16, .f32: nil
      }
    if let size, matrix[1] % size != 0 || codes.grid != [matrix[0], matrix[1] / size] {
      throw refusal(scales, "scales \(codes.grid) of \(matrix), in a format of groups of \(size) columns")
    }
    guard declared.fits(grid: codes.grid, matrix: matrix, isOrdered: codes.groupIndices != nil) else {
      throw refusal(
        scales, "scales \(codes.grid) of \(matrix), and \(declared.groupSummary) in quantization_config")
    }
  }

  /// Refuses a stored shape that is not the matrix's.
  /// - Throws: ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)``, `FileError`.
  func requireStoredShape(_ name: String, _ matrix: [Int]) throws {
    guard let place = folder[name], place.entry.dtype == .i64 || place.entry.dtype == .i32,
      place.entry.byteCount <= 64
    else { return }
    let bytes = try folder.shards[place.shard].file.readData(of: place.entry)
    let width = place.entry.dtype == .i64 ? 8 : 4
    let numbers = stride(from: 0, to: bytes.count - width + 1, by: width).map { start in
      bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    guard numbers == matrix.map({ UInt64(clamping: $0) }) else {
      throw refusal(name, "the shape \(numbers), and codes of \(matrix)")
    }
  }
}
