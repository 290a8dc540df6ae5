import Checkpoint
import Digests
import Files
import Quantization
import Safetensors
import StrictJSON
import SystemPackage

/// A drafter's folder as it is published: `config.json`, and one safetensors file of which every tensor is asked for.
final class DrafterFolder {
  let path: FilePath
  let config: JSONValue
  /// The path of `config.json`.
  let configFile: String
  /// The path of the weights.
  let weightsFile: String
  let weights: SafetensorsFile
  private let mapped: MappedFile
  private var asked: Set<UTF8Name> = []

  /// Most bytes of a configuration.
  private static let mostConfigBytes = 1 << 20

  /// - Throws: ``DrafterError``, ``InferenceError``, `CheckpointError`, `FileError`, `JSONError`, `SafetensorsError`.
  init(_ reference: ModelReference) throws {
    path = try reference.resolve()
    let listing = try FolderListing(path)
    try listing.require { $0 == "config.json" || $0.hasSuffix(".safetensors") }
    let shards = listing.files.filter { $0.hasSuffix(".safetensors") }
    guard listing.files.contains("config.json"), shards.count == 1, let shard = shards.first else {
      throw DrafterError.kind(file: path.string, found: "no config.json with one file of weights: \(listing.summary)")
    }
    let file = path.appending("config.json")
    configFile = file.string
    config = try JSONValue.parse(ReadOnlyFile(path: file).readAll(limit: Self.mostConfigBytes), file: file.string)
    weights = try SafetensorsFile(path: path.appending(shard))
    weightsFile = weights.path.string
    mapped = try MappedFile(path: weights.path, identity: weights.identity)
  }

  /// Bytes of the mapped file.
  var mappedBytes: Int { mapped.count }

  /// Refuses a drafter that comes with a tokenizer which is not the model's: its ids would mean other tokens.
  /// - Parameter model: The folder of the model.
  func requireTokenizer(of model: FilePath) throws {
    let name = "tokenizer.json"
    guard let own = try ReadOnlyFile.ifThere(path.appending(name)),
      let wanted = try ReadOnlyFile.ifThere(model.appending(name))
    else { return }
    let (found, expected) = (try own.digest().digest, try wanted.digest().digest)
    guard found == expected else {
      throw DrafterError.target(
        file: own.path.string, field: name, expected: "sha256 \(expected.hex), the model's", found: found.hex)
    }
  }

  func has(_ name: String) -> Bool { weights.header[name] != nil }

  /// A matrix [rows, columns] of floats, as stored.
  func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> WeightMatrix {
    try floats(name, [rows, columns]).matrix()
  }

  /// A vector of floats: of norms, which multiply as they are.
  func vector(_ name: String, _ count: Int) throws -> FloatBuffer { try floats(name, [count]).vector() }

  /// Floats of any shape, in the order of the bytes.
  func numbers(_ name: String, _ shape: [Int]) throws -> FloatBuffer { try floats(name, shape).vector() }

  private func floats(_ name: String, _ shape: [Int]) throws -> StoredTensor {
    let entry = try entry(name, shape)
    let type: FloatType
    switch entry.dtype {
    case .bf16: type = .bf16
    case .f16: type = .f16
    case .f32: type = .f32
    default:
      throw DrafterError.tensor(
        file: weightsFile, tensor: name, expected: "BF16, F16 or F32", found: entry.dtype.rawValue)
    }
    return StoredTensor(
      name: name, shape: shape, format: WeightMatrix.Format(type), parameterType: type, addsOne: false,
      parts: [StoredTensor.Part(file: mapped, codes: try bytes(entry), scales: nil, biases: nil)])
  }

  /// Whole numbers of 64 bits.
  func integers(_ name: String, _ count: Int) throws -> [Int] {
    let entry = try entry(name, [count])
    guard entry.dtype == .i64 else {
      throw DrafterError.tensor(file: weightsFile, tensor: name, expected: "I64", found: entry.dtype.rawValue)
    }
    let bytes = try bytes(entry)
    return (0..<count).map { Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self))) }
  }

  /// Truth values, a byte each.
  func flags(_ name: String, _ count: Int) throws -> [Bool] {
    let entry = try entry(name, [count])
    guard entry.dtype == .bool else {
      throw DrafterError.tensor(file: weightsFile, tensor: name, expected: "BOOL", found: entry.dtype.rawValue)
    }
    return try bytes(entry).map { $0 != 0 }
  }

  private func entry(_ name: String, _ shape: [Int]) throws -> TensorEntry {
    guard let entry = weights.header[name] else {
      throw DrafterError.tensorMissing(file: weightsFile, tensor: name)
    }
    guard entry.shape == shape else {
      throw DrafterError.tensor(
        file: weightsFile, tensor: name, expected: "the shape \(shape)", found: "\(entry.shape)")
    }
    asked.insert(UTF8Name(name))
    return entry
  }

  private func bytes(_ entry: TensorEntry) throws -> UnsafeRawBufferPointer {
    // The header was checked: the tensor is inside the file.
    try mapped.bytes(at: weights.header.dataStart + entry.begin, count: entry.byteCount)
  }

  /// Refuses a tensor that nothing asked for: what is not computed would be left out in silence.
  func requireNoOthers() throws(DrafterError) {
    guard let other = weights.header.tensors.first(where: { !asked.contains(UTF8Name($0.name)) }) else { return }
    throw .tensorForeign(file: weightsFile, tensor: other.name)
  }
}
