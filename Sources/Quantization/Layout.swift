/// The checked sizes of one tensor and its quantized parts.
struct Layout {
  let elements: Int
  let groups: Int

  init(format: QuantizationFormat, rows: Int, columns: Int) throws(QuantizationError) {
    let (elements, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns > 0, columns % format.groupSize == 0, !overflow, elements <= Int.max / 32 else {
      throw .shape(rows: rows, columns: columns, groupSize: format.groupSize)
    }
    self.elements = elements
    groups = elements / format.groupSize
  }

  /// Checks the buffers of the packed form of weights of type `input`.
  func checkPacked(
    _ format: QuantizationFormat, _ input: FloatType, _ weight: UnsafeRawBufferPointer,
    _ scales: UnsafeRawBufferPointer, _ biases: UnsafeRawBufferPointer?
  ) throws(QuantizationError) {
    let scaleWidth = format.scaleByteWidth(input: input)
    try Layout.check("weight", weight.count, weightBytes(format))
    try Layout.check("scales", scales.count, groups * scaleWidth)
    try Layout.check("biases", biases?.count ?? 0, format.hasBiases ? groups * scaleWidth : 0)
  }

  func weightBytes(_ format: QuantizationFormat) -> Int { elements * format.bits / 8 }

  static func check(_ name: String, _ found: Int, _ expected: Int) throws(QuantizationError) {
    guard found == expected else { throw .size(buffer: name, expected: expected, found: found) }
  }
}
