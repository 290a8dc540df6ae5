import StrictJSON

/// One tensor of a safetensors file.
public struct TensorEntry: Sendable, Equatable {
  /// Name; tensors are told apart by its UTF-8 bytes.
  public let name: String
  /// The type of the elements.
  public let dtype: DType
  /// Dimensions, outermost first; empty for a scalar. The data are row-major.
  public let shape: [Int]
  /// First byte of the data, counted from the start of the data section.
  public let begin: Int
  /// The byte after the data, counted from the start of the data section.
  public let end: Int

  /// Makes an entry whose sizes are known to fit: those of a checked header or layout.
  init(name: String, dtype: DType, shape: [Int], begin: Int, end: Int) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.begin = begin
    self.end = end
  }

  /// Bytes of the data.
  public var byteCount: Int { end - begin }

  /// Number of elements; 1 for a scalar.
  public var elementCount: Int { shape.reduce(1, *) }

  public static func == (a: TensorEntry, b: TensorEntry) -> Bool {
    UTF8Name(a.name) == UTF8Name(b.name) && a.dtype == b.dtype && a.shape == b.shape && a.begin == b.begin
      && a.end == b.end
  }
}
