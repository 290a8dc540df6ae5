import Checkpoint
import Quantization
import Safetensors
import StrictJSON
import SystemPackage

/// All tensors of a model by canonical name, from an MLX package or from a Hugging Face checkpoint.
struct StoredWeights: Sendable {
  let path: FilePath
  /// Prefix of the text stack's tensors, and of the output projection.
  let textPrefix: String
  let outputPrefix: String
  let hasHead: Bool
  /// Experts of the head, when it has its own number of them.
  let headExperts: Int?
  /// Bytes of all mapped files.
  let mappedBytes: Int
  private var tensors: [String: StoredTensor]

  /// Maps the folder's files and finds every tensor of its architecture.
  /// - Parameter donor: Where the head is; nil for the folder itself.
  /// - Throws: ``InferenceError``, `CheckpointError`, `HeadError`, ``WeightMatrixError``.
  init(_ folder: CheckpointFolder, head donor: CheckpointFolder? = nil) throws {
    path = folder.path
    var collector = TensorCollector(folder, PackageQuantization(folder, key: nil))
    var mapped: [UTF8Name: Int] = [:]
    try collector.add(folder.trunk().tensors.filter { $0.role != .vision })
    let owner = donor ?? folder
    hasHead = donor != nil || folder.headEvidence.isPresent
    if hasHead {
      let head = try owner.head(for: folder)
      headExperts = head.ownExperts
      var headCollector = TensorCollector(owner, PackageQuantization(owner, key: PackageQuantization.headKey))
      try headCollector.add(head.tensors)
      mapped = headCollector.mappedFiles
      collector.tensors.merge(headCollector.tensors) { trunk, _ in trunk }
    } else {
      headExperts = nil
    }
    tensors = collector.tensors
    mappedBytes = mapped.merging(collector.mappedFiles) { own, _ in own }.values.reduce(0, +)
    // Converters differ in the prefix; the embedding tells which one they took.
    let name = "embed_tokens.weight"
    textPrefix =
      tensors.keys.first { $0.hasSuffix(name) && !$0.hasPrefix("mtp.") }.map { String($0.dropLast(name.count)) } ?? ""
    outputPrefix = textPrefix.hasSuffix("model.") ? String(textPrefix.dropLast("model.".count)) : textPrefix
  }

  /// The tensors of the vision tower alone, by canonical name; empty without a tower.
  static func vision(_ folder: CheckpointFolder) throws -> [String: StoredTensor] {
    var collector = TensorCollector(folder, PackageQuantization(folder, key: nil))
    try collector.add(folder.trunk().tensors.filter { $0.role == .vision })
    return collector.tensors
  }

  /// - Throws: `CheckpointError.tensorMissing`.
  func tensor(_ name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else {
      throw CheckpointError.tensorMissing(path: path, tensors: [name], count: 1)
    }
    return tensor
  }

  /// Stored bits of a weight over the trunk's quantized matrices, scales and biases included; nil without any.
  var quantizedBits: Double? {
    var (bytes, weights) = (0.0, 0.0)
    for tensor in tensors.values where tensor.format.hasScales && !tensor.name.hasPrefix("mtp.") {
      // Whole numbers far below 2^53: the order of a dictionary does not show.
      weights += tensor.shape.reduce(1.0) { $0 * Double($1) }
      for part in tensor.parts {
        bytes += Double(part.codes.count + (part.scales?.count ?? 0) + (part.biases?.count ?? 0))
      }
    }
    return weights > 0 ? bytes * 8 / weights : nil
  }

  /// The same weights with some tensors in a format.
  func quantizing(_ names: [String], _ format: QuantizationFormat) throws -> StoredWeights {
    var copy = self
    for name in names { copy.tensors[name] = try tensor(name).quantized(format) }
    return copy
  }

  func matrix(_ name: String) throws -> WeightMatrix { try tensor(name).matrix() }
  func stack(_ name: String) throws -> [WeightMatrix] { try tensor(name).stack() }
  func vector(_ name: String) throws -> FloatBuffer { try tensor(name).vector() }
  func has(_ name: String) -> Bool { tensors[name] != nil }
}

/// Puts resolved tensors together with their bytes in mapped files; the parts of a packed matrix become one.
private struct TensorCollector {
  var tensors: [String: StoredTensor] = [:]
  private let folder: CheckpointFolder
  private let quantization: PackageQuantization
  private var files: [Int: MappedFile] = [:]
  /// Sizes by path.
  var mappedFiles: [UTF8Name: Int] {
    Dictionary(files.values.map { (UTF8Name($0.path.string), $0.count) }) { first, _ in first }
  }

  init(_ folder: CheckpointFolder, _ quantization: PackageQuantization) {
    self.folder = folder
    self.quantization = quantization
  }

  mutating func add(_ resolved: [ResolvedTensor]) throws {
    var parts: [String: [String: ResolvedTensor]] = [:]
    for tensor in resolved {
      guard tensor.packing != nil, let dot = tensor.name.lastIndex(of: ".") else {
        tensors[tensor.name] = try plain(tensor)
        continue
      }
      parts[String(tensor.name[..<dot]), default: [:]][String(tensor.name[dot...])] = tensor
    }
    for module in parts.keys.sorted() {
      guard let own = parts[module], let weight = own[".weight"], let packing = weight.packing else { continue }
      tensors[weight.name] = try packed(weight, packing, scales: own[".scales"], biases: own[".biases"])
    }
  }

  private mutating func plain(_ tensor: ResolvedTensor) throws -> StoredTensor {
    let type = try floatType(tensor.dtype, tensor)
    return StoredTensor(
      name: tensor.name, shape: tensor.packageShape, format: WeightMatrix.Format(type), parameterType: type,
      addsOne: tensor.transform == .addOne,
      parts: try tensor.segments.map { segment in
        let file = try map(segment.shard)
        return StoredTensor.Part(
          file: file, codes: try file.bytes(at: segment.offset, count: segment.length), scales: nil, biases: nil)
      })
  }

  private mutating func packed(
    _ weight: ResolvedTensor, _ packing: Packing, scales: ResolvedTensor?, biases: ResolvedTensor?
  ) throws -> StoredTensor {
    try quantization.check(weight, packing)
    guard let mode = QuantizationMode(rawValue: packing.mode), let scales, let segment = weight.segments.first else {
      throw InferenceError.dtype(
        file: folder.path.string, tensor: weight.name, expected: "a packed matrix with scales", found: packing.summary)
    }
    let format = try QuantizationFormat(mode: mode, bits: packing.bits, groupSize: packing.groupSize)
    let (bits, overflow) = (weight.shape.last ?? 0).multipliedReportingOverflow(by: 32)
    guard !overflow else {
      throw InferenceError.dtype(
        file: folder.path.string, tensor: weight.name, expected: "a packed matrix that a machine can hold",
        found: "rows of \(weight.shape.last ?? 0) words")
    }
    return StoredTensor(
      name: weight.name, shape: weight.shape.dropLast() + [bits / packing.bits],
      format: WeightMatrix.Format(format),
      parameterType: format.hasBiases ? try floatType(scales.dtype, scales) : .bf16, addsOne: false,
      parts: [
        StoredTensor.Part(
          file: try map(segment.shard), codes: try bytes(weight), scales: try bytes(scales),
          biases: try biases.map { try bytes($0) })
      ])
  }

  private mutating func bytes(_ tensor: ResolvedTensor) throws -> UnsafeRawBufferPointer {
    guard tensor.segments.count == 1, let segment = tensor.segments.first else {
      throw InferenceError.dtype(
        file: folder.path.string, tensor: tensor.name, expected: "one run of bytes", found: "\(tensor.segments.count)")
    }
    return try map(segment.shard).bytes(at: segment.offset, count: segment.length)
  }

  private mutating func map(_ shard: Int) throws -> MappedFile {
    if let file = files[shard] { return file }
    let source = folder.shards[shard].file
    let file = try MappedFile(path: source.path, identity: source.identity)
    files[shard] = file
    return file
  }

  private func floatType(_ dtype: DType, _ tensor: ResolvedTensor) throws -> FloatType {
    switch dtype {
    case .bf16: .bf16
    case .f16: .f16
    case .f32: .f32
    default:
      throw InferenceError.dtype(
        file: (tensor.segments.first.map { folder.shards[$0.shard].file.path } ?? folder.path).string,
        tensor: tensor.name,
        expected: "BF16, F16 or F32", found: dtype.rawValue)
    }
  }
}
