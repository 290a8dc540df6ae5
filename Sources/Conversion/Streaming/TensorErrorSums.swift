import Quantization

/// Sums for the error measures of a tensor or a part of it. Merged in the order of the tensor's bytes they are the same
/// on any number of threads.
struct TensorErrorSums: Sendable, Equatable {
  var all = ErrorAccumulator()
  /// Of the head's `fc`, which reads two vectors side by side: the columns of the first and those of the second.
  var halves: [ErrorAccumulator] = []

  /// Adds what comes behind.
  mutating func merge(_ next: TensorErrorSums) {
    all.merge(next.all)
    if halves.isEmpty { halves = next.halves.map { _ in ErrorAccumulator() } }
    for index in halves.indices where next.halves.indices.contains(index) { halves[index].merge(next.halves[index]) }
  }

  /// The sums by their bits.
  var words: [UInt64] { ([all] + halves).flatMap(\.words) }

  init(halves: Int = 0) { self.halves = Array(repeating: ErrorAccumulator(), count: halves) }

  init?(words: [UInt64]) {
    let width = ErrorAccumulator.wordCount
    guard words.count == width || words.count == 3 * width else { return nil }
    let sums = stride(from: 0, to: words.count, by: width).compactMap {
      ErrorAccumulator(words: Array(words[$0..<$0 + width]))
    }
    guard let first = sums.first, sums.count == words.count / width else { return nil }
    all = first
    halves = Array(sums.dropFirst())
  }
}

/// Measures what was just encoded against its source, block by block while both are in the cache.
struct ErrorMeter {
  let format: QuantizationFormat
  let type: FloatType
  /// Elements of one half of a row; nil for a tensor that is measured as a whole.
  let halfRow: Int?
  private let decoder: Dequantizer

  init?(_ tensor: PlannedTensor) {
    guard let format = tensor.format, let type = FloatType(tensor.tensor.dtype) else { return nil }
    self.format = format
    self.type = type
    halfRow = tensor.name == "mtp.fc.weight" && tensor.rowElements % 2 == 0 ? tensor.rowElements / 2 : nil
    // The mx and nv modes come out of MLX in bf16 whatever the weight was.
    decoder = Dequantizer(format: format, output: format.mode == .affine ? type : .bf16)
  }

  /// - Parameters:
  ///   - first: index of the first element in the tensor.
  ///   - outputs: codes, scales and biases of exactly these elements.
  func measure(
    _ input: UnsafeRawBufferPointer, first: Int, _ outputs: [UnsafeMutableRawBufferPointer], _ scratch: ErrorScratch
  ) throws -> TensorErrorSums {
    let count = input.count / type.byteWidth
    var sums = TensorErrorSums(halves: halfRow == nil ? 0 : 2)
    for begin in stride(from: 0, to: count, by: ErrorScratch.elements) {
      let length = min(ErrorScratch.elements, count - begin)
      let original = UnsafeMutableBufferPointer(rebasing: scratch.original[0..<length])
      let decoded = UnsafeMutableBufferPointer(rebasing: scratch.decoded[0..<length])
      try widen(
        UnsafeRawBufferPointer(rebasing: input[begin * type.byteWidth..<(begin + length) * type.byteWidth]), type,
        into: original)
      let parts = outputs.map { output in
        let granule = output.count / (count / format.groupSize)
        let from = begin / format.groupSize * granule
        return UnsafeRawBufferPointer(rebasing: output[from..<from + length / format.groupSize * granule])
      }
      try decoder.decode(
        rows: 1, columns: length, weight: parts[0], scales: parts[1], biases: parts.count > 2 ? parts[2] : nil,
        into: decoded)
      sums.all.add(original: UnsafeBufferPointer(original), decoded: UnsafeBufferPointer(decoded))
      addHalves(&sums, first: first + begin, original, decoded)
    }
    return sums
  }

  private func addHalves(
    _ sums: inout TensorErrorSums, first: Int, _ original: UnsafeMutableBufferPointer<Float>,
    _ decoded: UnsafeMutableBufferPointer<Float>
  ) {
    guard let halfRow else { return }
    var at = 0
    while at < original.count {
      let half = (first + at) / halfRow
      let length = min((half + 1) * halfRow - first - at, original.count - at)
      sums.halves[half % 2].add(
        original: UnsafeBufferPointer(rebasing: original[at..<at + length]),
        decoded: UnsafeBufferPointer(rebasing: decoded[at..<at + length]))
      at += length
    }
  }
}

/// Two f32 images of a block. Each worker uses only its own, which is why sharing the list of them is safe.
final class ErrorScratch: @unchecked Sendable {
  /// A multiple of every group size; small enough for both images and the codes to stay in the second-level cache.
  static let elements = 32_768
  static let bytes = 2 * elements * 4

  let original: UnsafeMutableBufferPointer<Float> = .allocate(capacity: elements)
  let decoded: UnsafeMutableBufferPointer<Float> = .allocate(capacity: elements)

  deinit {
    original.deallocate()
    decoded.deallocate()
  }
}
