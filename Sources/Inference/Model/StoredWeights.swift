import Checkpoint
import Quantization
import Safetensors

/// All tensors of a model by canonical name, from a package or from a Hugging Face checkpoint.
struct StoredWeights: Sendable {
  let path: String
  private let tensors: [String: StoredTensor]
  /// Whether there is a head.
  let hasHead: Bool
  /// Experts of the head, when it has its own number of them.
  let headExperts: Int?

  /// Opens the folder's files and finds every tensor of its architecture.
  /// - Throws: ``InferenceError``, `CheckpointError`, `HeadError`, `SafetensorsError`.
  init(_ folder: CheckpointFolder) throws {
    path = folder.path
    let files = try folder.shards.map { try MappedFile(path: $0.file.path, identity: $0.file.identity) }
    var tensors: [String: StoredTensor] = [:]
    let evidence = folder.headEvidence
    if folder.isPackage {
      let quantization = PackageQuantization(folder.config, file: folder.configPath)
      for tensor in try folder.packageTrunk() {
        tensors[tensor.name] = try StoredTensor(tensor, folder, files, quantization.trunk, addsOne: false)
      }
      for tensor in try folder.packageHead() ?? [] {
        let addsOne = tensor.transform == .addOne && evidence.normConvention == .offset
        tensors[tensor.name] = try StoredTensor(tensor, folder, files, quantization.head, addsOne: addsOne)
      }
    } else {
      for tensor in try folder.trunk().tensors { tensors[tensor.name] = try StoredTensor(tensor, folder, files) }
      if evidence.isPresent {
        for tensor in try folder.head(for: folder).tensors {
          tensors[tensor.name] = try StoredTensor(tensor, folder, files)
        }
      }
    }
    self.tensors = tensors
    hasHead = evidence.isPresent
    headExperts = evidence.experts
  }

  /// - Throws: `CheckpointError.tensorMissing`.
  func tensor(_ name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else {
      throw CheckpointError.tensorMissing(path: path, tensors: [name], count: 1)
    }
    return tensor
  }

  func matrix(_ name: String) throws -> WeightMatrix { try tensor(name).matrix() }
  func stack(_ name: String) throws -> [WeightMatrix] { try tensor(name).stack() }
  func vector(_ name: String) throws -> FloatBuffer { try tensor(name).vector() }
  func has(_ name: String) -> Bool { tensors[name] != nil }
}

extension StoredTensor {
  /// A tensor of a Hugging Face checkpoint, unquantized.
  init(_ tensor: ResolvedTensor, _ folder: CheckpointFolder, _ files: [MappedFile]) throws {
    let file = tensor.segments.first.map { files[$0.shard].path } ?? folder.path
    let type = try StoredTensor.floatType(tensor.dtype, file: file, tensor: tensor.name)
    self.init(
      name: tensor.name, shape: tensor.packageShape, format: WeightMatrix.Format(type), parameterType: type,
      addsOne: tensor.transform == .addOne,
      parts: try tensor.segments.map { segment in
        Part(
          file: files[segment.shard],
          codes: try files[segment.shard].bytes(at: segment.offset, count: segment.length), scales: nil, biases: nil)
      })
  }

  /// A tensor of a package.
  init(
    _ tensor: PackageTensor, _ folder: CheckpointFolder, _ files: [MappedFile], _ quantization: QuantizationBlock?,
    addsOne: Bool
  ) throws {
    let bytes = { (place: CheckpointFolder.Place) throws -> UnsafeRawBufferPointer in
      let start = folder.shards[place.shard].file.header.dataStart + place.entry.begin
      return try files[place.shard].bytes(at: start, count: place.entry.byteCount)
    }
    let file = files[tensor.weight.shard].path
    let format: WeightMatrix.Format
    var parameterType = FloatType.bf16
    if let scales = tensor.scales {
      let asked = try PackageQuantization.format(of: tensor, quantization, file: folder.configPath)
      format = WeightMatrix.Format(asked)
      guard tensor.weight.entry.dtype == .u32 else {
        throw InferenceError.dtype(
          file: file, tensor: tensor.storedName, expected: "U32", found: tensor.weight.entry.dtype.rawValue)
      }
      if format.hasBiases {
        parameterType = try StoredTensor.floatType(scales.entry.dtype, file: file, tensor: tensor.storedName)
      }
    } else {
      format = WeightMatrix.Format(
        try StoredTensor.floatType(tensor.weight.entry.dtype, file: file, tensor: tensor.storedName))
    }
    self.init(
      name: tensor.name, shape: tensor.shape, format: format, parameterType: parameterType, addsOne: addsOne,
      parts: [
        Part(
          file: files[tensor.weight.shard], codes: try bytes(tensor.weight), scales: try tensor.scales.map(bytes),
          biases: try tensor.biases.map(bytes))
      ])
  }

  private static func floatType(_ dtype: DType, file: String, tensor: String) throws -> FloatType {
    switch dtype {
    case .bf16: .bf16
    case .f16: .f16
    case .f32: .f32
    default: throw InferenceError.dtype(file: file, tensor: tensor, expected: "BF16, F16 or F32", found: dtype.rawValue)
    }
  }
}
