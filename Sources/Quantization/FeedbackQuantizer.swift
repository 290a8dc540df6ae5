/// Encodes rows of a matrix with error feedback: the bytes have the form of ``Quantizer``, and every reader reads them.
///
/// Group by group, column by column. When a group begins, the columns before it are fixed; its scales are found by the search
/// (``ScaleMethod/search``) for what its columns would best be now if they need not be rounded. Then each column gets the
/// code that is nearest to what it would best be, with the errors of all before it. Rows do not know of each other: which of
/// them are encoded together changes no bit.
public struct FeedbackQuantizer: Sendable {
  /// The packed form that is written.
  public let format: QuantizationFormat
  /// Type of the weights, and of affine scales and biases.
  public let input: FloatType
  private let factor: FeedbackFactor

  /// Rows that go through the factor together: it is read once for all of them.
  private typealias Lanes = SIMD8<Double>

  /// - Parameters:
  ///   - format: The packed form.
  ///   - input: The type of the weights, and of affine scales and biases.
  ///   - factor: What is known of the inputs.
  public init(format: QuantizationFormat, input: FloatType, factor: FeedbackFactor) {
    self.format = format
    self.input = input
    self.factor = factor
  }

  /// Bytes of working memory for a matrix of so many columns.
  package static func scratchBytes(columns: Int) -> Int { 2 * MemoryLayout<Lanes>.stride * columns }

  /// Encodes whole rows; parameters as of ``Quantizer/encode(rows:columns:input:weight:scales:biases:)``.
  /// - Parameters:
  ///   - rows: zero or more.
  ///   - columns: as many as the factor has inputs.
  ///   - source: rows × columns elements.
  ///   - weight: takes the codes.
  ///   - scales: takes the scales.
  ///   - biases: takes the biases of affine.
  /// - Throws: `QuantizationError`, as that function.
  public func encode(
    rows: Int, columns: Int, input source: UnsafeRawBufferPointer, weight: UnsafeMutableRawBufferPointer,
    scales: UnsafeMutableRawBufferPointer, biases: UnsafeMutableRawBufferPointer?
  ) throws -> EncodeReport {
    let layout = try Layout(format: format, rows: rows, columns: columns)
    guard columns == factor.columns else {
      throw QuantizationError.shape(rows: rows, columns: columns, groupSize: factor.columns)
    }
    try Layout.check("input", source.count, layout.elements * input.byteWidth)
    try layout.checkPacked(
      format, input, UnsafeRawBufferPointer(weight), UnsafeRawBufferPointer(scales),
      biases.map { UnsafeRawBufferPointer($0) })
    if let index = firstNonFinite(source, input) {
      throw QuantizationError.nonFinite(index: index, kind: NonFiniteKind(FloatConversion.load(source, index, input)))
    }
    let room = UnsafeMutablePointer<Lanes>.allocate(capacity: 2 * columns)
    room.initialize(repeating: .zero, count: 2 * columns)
    defer { room.deallocate() }
    var part = GroupParts(format, input, rows: Lanes.scalarCount)
    var report = EncodeReport()
    for first in stride(from: 0, to: rows, by: Lanes.scalarCount) {
      let count = min(Lanes.scalarCount, rows - first)
      for column in 0..<columns {
        var w = Lanes.zero
        for row in 0..<count { w[row] = Double(FloatConversion.load(source, (first + row) * columns + column, input)) }
        room[column] = w
      }
      for group in 0..<columns / format.groupSize {
        report.clampedScales += try encode(group: group, rows: count, room, room + columns, &part)
        for row in 0..<count {
          part.copy(row: row, to: (first + row) * (columns / format.groupSize) + group, weight, scales, biases)
        }
      }
    }
    return report
  }

  /// One group of some rows.
  /// - Parameters:
  ///   - w: What the columns are.
  ///   - rest: wₖ − qₖ of the columns before the group; that of the group is added.
  private func encode(
    group: Int, rows: Int, _ w: UnsafePointer<Lanes>, _ rest: UnsafeMutablePointer<Lanes>, _ part: inout GroupParts
  ) throws -> Int {
    let columns = group * format.groupSize..<(group + 1) * format.groupSize
    let begin = columns.lowerBound
    // The part of the columns before the group, two of the group's at a time.
    for i in stride(from: begin, to: columns.upperBound, by: 2) {
      let (a, b) = (factor.row(i), factor.row(i + 1))
      var (x, y) = (Lanes.zero, Lanes.zero)
      for k in 0..<begin {
        let d = rest[k]
        x += a[k] * d
        y += b[k] * d
      }
      part.before[i - begin] = x
      part.before[i - begin + 1] = y
    }
    // What the columns would be without rounding: each takes over all that those before it leave.
    for i in columns {
      let a = factor.row(i)
      var sum = part.before[i - begin]
      for k in begin..<i { sum += a[k] * rest[k] }
      rest[i] = Lanes.zero - sum
      part.set(column: i - begin, rows: rows, w[i] + sum)
    }
    let clamped = try part.findScales(rows: rows)
    for i in columns {
      let a = factor.row(i)
      var sum = part.before[i - begin]
      for k in begin..<i { sum += a[k] * rest[k] }
      let wanted = w[i] + sum
      var q = Lanes.zero
      for row in 0..<rows { q[row] = part.round(wanted[row], row: row, column: i - begin) }
      rest[i] = w[i] - q
    }
    return clamped
  }
}

/// One group each of some rows: numbers to find scales for, then scales and codes.
private struct GroupParts {
  private let format: QuantizationFormat
  private let input: FloatType
  private let search: ReferenceSearch
  private let quantizer: Quantizer
  private let largest: Double
  /// The part of the columns before the group, by column.
  var before: [SIMD8<Double>]
  private var numbers: [UInt8]
  private var weight: [UInt8]
  private var scales: [UInt8]
  private var biases: [UInt8]
  /// The codes by row, column.
  private var codes: [UInt8]
  /// The scale and bias of each row.
  private var affine: [ReferenceSearch.Affine]
  private var steps: [(scale: Float, inverse: Float)]

  init(_ format: QuantizationFormat, _ input: FloatType, rows: Int) {
    self.format = format
    self.input = input
    search = ReferenceSearch(format: format, input: input)
    quantizer = Quantizer(format: format.with(scales: .search), input: input)
    largest =
      switch input {
      case .bf16: 0x1.FEp127
      case .f16: 65_504
      case .f32: Double(Float.greatestFiniteMagnitude)
      }
    let size = format.groupSize
    before = Array(repeating: .zero, count: size)
    numbers = Array(repeating: 0, count: rows * size * input.byteWidth)
    weight = Array(repeating: 0, count: rows * size * format.bits / 8)
    scales = Array(repeating: 0, count: rows * format.scaleByteWidth(input: input))
    biases = Array(repeating: 0, count: format.hasBiases ? scales.count : 0)
    codes = Array(repeating: 0, count: rows * size)
    affine = Array(repeating: ReferenceSearch.Affine(scale: 1, bias: 0), count: rows)
    steps = Array(repeating: (1, 1), count: rows)
  }

  /// A number that is no number, or too large for the type, becomes the nearest that there is.
  private static func bounded(_ x: Double, by largest: Double) -> Float {
    Float(x > -largest ? (x < largest ? x : largest) : -largest)
  }

  mutating func set(column: Int, rows: Int, _ values: SIMD8<Double>) {
    let (size, input, largest) = (format.groupSize, input, largest)
    numbers.withUnsafeMutableBytes { bytes in
      for row in 0..<rows {
        FloatConversion.store(Self.bounded(values[row], by: largest), bytes, row * size + column, input)
      }
    }
  }

  /// Finds the scales of the numbers that were set.
  mutating func findScales(rows: Int) throws -> Int {
    let (format, input, search, quantizer) = (format, input, search, quantizer)
    let size = format.groupSize
    let width = format.scaleByteWidth(input: input)
    let report = try numbers.withUnsafeBytes { numbers in
      try weight.withUnsafeMutableBytes { weight in
        try scales.withUnsafeMutableBytes { scales in
          try biases.withUnsafeMutableBytes { biases in
            try quantizer.encode(
              rows: rows, columns: size,
              input: UnsafeRawBufferPointer(rebasing: numbers[..<(rows * size * input.byteWidth)]),
              weight: UnsafeMutableRawBufferPointer(rebasing: weight[..<(rows * size * format.bits / 8)]),
              scales: UnsafeMutableRawBufferPointer(rebasing: scales[..<(rows * width)]),
              biases: format.hasBiases ? UnsafeMutableRawBufferPointer(rebasing: biases[..<(rows * width)]) : nil)
          }
        }
      }
    }
    for row in 0..<rows {
      if format.mode == .affine {
        affine[row] = scales.withUnsafeBytes { scales in
          biases.withUnsafeBytes { biases in
            ReferenceSearch.Affine(
              scale: FloatConversion.load(scales, row, input), bias: FloatConversion.load(biases, row, input))
          }
        }
      } else {
        let scale = search.scale(scales[row])
        // A scale of zero, which nvfp4 has, makes zeros of all codes.
        steps[row] = (scale, scale == 0 ? 0 : search.inverse(scales[row]))
      }
    }
    return report.clampedScales
  }

  /// Assigns a column its code; returns what readers make of it.
  mutating func round(_ wanted: Double, row: Int, column: Int) -> Double {
    let w = Self.bounded(wanted, by: largest)
    let place = row * format.groupSize + column
    if format.mode == .affine {
      let code = search.code(w, affine[row])
      codes[place] = UInt8(code)
      return Double(search.value(code, affine[row]))
    }
    let code = search.element(w * steps[row].inverse)
    codes[place] = code
    return Double(search.number(code) * steps[row].scale)
  }

  /// Puts a row's group where it belongs in the whole.
  func copy(
    row: Int, to group: Int, _ weight: UnsafeMutableRawBufferPointer, _ scales: UnsafeMutableRawBufferPointer,
    _ biases: UnsafeMutableRawBufferPointer?
  ) {
    let size = format.groupSize
    codes.withUnsafeBufferPointer { codes in
      BitPacking.pack(
        UnsafeBufferPointer(rebasing: codes[row * size..<(row + 1) * size]), bits: format.bits, into: weight,
        at: group * size * format.bits / 8)
    }
    let width = format.scaleByteWidth(input: input)
    for i in 0..<width {
      scales[group * width + i] = self.scales[row * width + i]
      if let biases { biases[group * width + i] = self.biases[row * width + i] }
    }
  }
}
