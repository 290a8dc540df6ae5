import StrictJSON

/// The canonical layout of a new safetensors file: the same tensors and metadata always yield the same bytes.
///
/// Data: by falling dtype width, then by the UTF-8 bytes of the name, without gaps, so that every tensor of whole-byte
/// elements is at a multiple of its width. Header: compact JSON, keys sorted by UTF-8 bytes, padded with spaces so
/// that the data begin at a multiple of 8.
public struct SafetensorsLayout: Sendable {
  /// The tensors in the order of their data.
  public let entries: [TensorEntry]
  /// The header with the 8 bytes of its length in front; the data follow.
  public let headerBytes: [UInt8]
  /// Bytes of the whole file.
  public let fileSize: Int

  /// Lays out a file.
  /// - Parameters:
  ///   - tensors: Names, dtypes and shapes, in any order.
  ///   - metadata: `__metadata__`; left out when empty.
  /// - Throws: ``SafetensorsError``: a name twice or not allowed, an overflow, a rank above 16, part of a byte, or a
  ///   header above the format's limit.
  public init(
    tensors: [(name: String, dtype: DType, shape: [Int])], metadata: [String: String] = [:]
  ) throws(SafetensorsError) {
    let file = "the file to be written"
    var entries: [TensorEntry] = []
    var names: Set<UTF8Name> = []
    var end = 0
    for tensor in tensors.sorted(by: Self.precedes) {
      guard UTF8Name(tensor.name) != UTF8Name(TensorRules.metadataKey) else {
        throw .name(file: file, tensor: tensor.name, found: "a reserved name")
      }
      guard names.insert(UTF8Name(tensor.name)).inserted else { throw .duplicateName(file: file, tensor: tensor.name) }
      let bytes = try TensorRules.byteCount(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, file: file)
      let (next, overflow) = end.addingReportingOverflow(bytes)
      guard !overflow else { throw .overflow(file: file, tensor: tensor.name, found: "the sum of all tensors") }
      entries.append(TensorEntry(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, begin: end, end: next))
      end = next
    }
    let header = try Self.header(entries, metadata, file: file)
    let (size, overflow) = end.addingReportingOverflow(header.count)
    guard !overflow else { throw .overflow(file: file, tensor: "", found: "the file's size") }
    self.entries = entries
    headerBytes = header
    fileSize = size
  }

  /// The whole file, for small files.
  /// - Parameter data: The bytes of every tensor. What is missing is filled with zeros, what is too long is cut.
  public func assemble(_ data: [String: [UInt8]]) -> [UInt8] {
    var bytes = headerBytes
    for entry in entries {
      let piece = (data[entry.name] ?? []).prefix(entry.byteCount)
      bytes += piece
      bytes += repeatElement(0, count: entry.byteCount - piece.count)
    }
    return bytes
  }

  private typealias Tensor = (name: String, dtype: DType, shape: [Int])

  private static func precedes(_ a: Tensor, _ b: Tensor) -> Bool {
    a.dtype.bits != b.dtype.bits ? a.dtype.bits > b.dtype.bits : UTF8Name(a.name) < UTF8Name(b.name)
  }

  private static func header(
    _ entries: [TensorEntry], _ metadata: [String: String], file: String
  ) throws(SafetensorsError) -> [UInt8] {
    var members = entries.map { entry in
      JSONValue.Member(
        key: entry.name,
        value: [
          "data_offsets": [.int(entry.begin), .int(entry.end)], "dtype": .string(entry.dtype.rawValue),
          "shape": .array(entry.shape.map(JSONValue.int)),
        ])
    }
    if !metadata.isEmpty {
      let pairs = metadata.map { JSONValue.Member(key: $0.key, value: .string($0.value)) }
      members.append(JSONValue.Member(key: TensorRules.metadataKey, value: JSONValue(.object(pairs))))
    }
    var json = JSONWriter.canonical(JSONValue(.object(members)))
    json += repeatElement(0x20, count: (8 - json.count % 8) % 8)
    guard json.count <= TensorRules.maxHeaderLength else {
      throw .headerTooLarge(file: file, found: UInt64(json.count))
    }
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json
  }
}
