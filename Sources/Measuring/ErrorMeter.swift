import Checkpoint
import Planning
import Quantization

/// Measures what was just encoded by comparing it with its source.
package struct ErrorMeter: Sendable {
  /// The packed form.
  package let format: QuantizationFormat
  /// The type of the weights before.
  package let type: FloatType
  /// Elements of one half of a row; nil for a tensor that is measured as a whole.
  package let halfRow: Int?

  /// Nil for a tensor that is not quantized.
  package init?(_ tensor: PlannedTensor) {
    guard let format = tensor.format, let type = FloatType(tensor.tensor.valueDType) else { return nil }
    self.format = format
    self.type = type
    // The head's fc multiplies an embedding and a hidden state that are side by side.
    let isPair = tensor.name == "mtp.fc.weight" && tensor.rowElements % (2 * format.groupSize) == 0
    halfRow = isPair ? tensor.rowElements / 2 : nil
  }

  /// - Parameters:
  ///   - input: whole groups of the tensor.
  ///   - first: index of the first element in the tensor.
  ///   - outputs: codes, scales and biases of exactly these elements.
  package func measure(
    _ input: UnsafeRawBufferPointer, first: Int, _ outputs: [UnsafeMutableRawBufferPointer]
  ) throws -> TensorErrorSums {
    var sums = TensorErrorSums(halves: halfRow == nil ? 0 : 2)
    let count = input.count / type.byteWidth
    try add(0..<count, of: count, input, outputs, to: &sums.all)
    guard let halfRow else { return sums }
    var at = 0
    while at < count {
      let half = (first + at) / halfRow
      let end = min((half + 1) * halfRow - first, count)
      try add(at..<end, of: count, input, outputs, to: &sums.halves[half % 2])
      at = end
    }
    return sums
  }

  private func add(
    _ range: Range<Int>, of count: Int, _ input: UnsafeRawBufferPointer, _ outputs: [UnsafeMutableRawBufferPointer],
    to sums: inout ErrorAccumulator
  ) throws {
    let parts = outputs.map { output in
      let bytes = output.count / (count / format.groupSize)
      let groups = range.lowerBound / format.groupSize..<range.upperBound / format.groupSize
      return UnsafeRawBufferPointer(rebasing: output[groups.lowerBound * bytes..<groups.upperBound * bytes])
    }
    let width = type.byteWidth
    try sums.add(
      format: format, input: type, rows: 1, columns: range.count,
      source: UnsafeRawBufferPointer(rebasing: input[range.lowerBound * width..<range.upperBound * width]),
      weight: parts[0], scales: parts[1], biases: parts.count > 2 ? parts[2] : nil)
  }
}
