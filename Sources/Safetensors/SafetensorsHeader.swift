import StrictJSON

/// The header of a safetensors file, checked in full: every offset in it is inside the file.
public struct SafetensorsHeader: Sendable {
  /// One entry of `__metadata__`.
  public struct MetadataEntry: Sendable, Hashable {
    /// The name, unescaped.
    public let key: String
    /// The text, unescaped.
    public let value: String

    /// An entry of `__metadata__`, in the order of the file.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// N: bytes of the JSON text with its padding.
  public let headerLength: Int
  /// Bytes of the whole file.
  public let fileSize: Int
  /// `__metadata__`, sorted by the UTF-8 bytes of the keys; empty when it is absent.
  public let metadata: [MetadataEntry]
  /// The tensors, sorted by the UTF-8 bytes of their names.
  public let tensors: [TensorEntry]

  /// Where the data section begins in the file: 8 + N.
  public var dataStart: Int { 8 + headerLength }

  /// Bytes of the data section.
  public var dataSize: Int { fileSize - dataStart }

  /// The tensor with exactly these UTF-8 bytes as its name.
  public subscript(name: String) -> TensorEntry? {
    let wanted = UTF8Name(name)
    var (low, high) = (0, tensors.count)
    while low < high {
      let middle = (low + high) / 2
      if UTF8Name(tensors[middle].name) < wanted { low = middle + 1 } else { high = middle }
    }
    return low < tensors.count && UTF8Name(tensors[low].name) == wanted ? tensors[low] : nil
  }

  /// The metadata value under exactly these UTF-8 bytes.
  public func metadataValue(_ key: String) -> String? {
    let wanted = UTF8Name(key)
    return metadata.first { UTF8Name($0.key) == wanted }?.value
  }
}
