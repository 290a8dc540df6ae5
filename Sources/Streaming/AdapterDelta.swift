import Checkpoint
import Measuring
import Planning
import Quantization
import Safetensors

/// Adds what an adapter changes to the values of a tensor, in place, row by row.
///
/// An element of a product is the sum over the rank in its order, each step one f32 product and one f32 sum, times the
/// scale as an f32: the same bits on any machine and any number of threads. Where more is rounded says
/// `TensorDelta.Rounding`.
package struct AdapterDelta {
  private let tensor: ResolvedTensor
  private let delta: TensorDelta
  private let type: FloatType
  private let scratch: DeltaScratch
  private let reader: FactorReader

  /// - Returns: nil for a tensor that no adapter changes.
  package init?(_ tensor: ResolvedTensor, _ scratch: DeltaScratch) {
    guard let delta = tensor.delta, let type = FloatType(tensor.valueDType) else { return nil }
    self.tensor = tensor
    self.delta = delta
    self.type = type
    self.scratch = scratch
    reader = FactorReader(file: delta.file, bytes: scratch.bytes)
  }

  /// - Parameters:
  ///   - bytes: values in the type of the tensor's.
  ///   - first: index of the first of them in the tensor; they may begin and end within a row.
  /// - Throws: `FileError`; `ConversionError.nonFinite` for an adapter with NaN or infinity.
  package func apply(to bytes: UnsafeMutableRawBufferPointer, from first: Int) throws -> DeltaSums {
    let values = FloatElements(bytes, type)
    let count = bytes.count / type.byteWidth
    var sums = DeltaSums()
    sums.elements = count
    if let entry = delta.replacement, delta.products.isEmpty {
      try reader.read(entry, first, step: 1, count) { index, value in change(values, index, to: value, &sums) }
    }
    let columns = tensor.rowElements
    var at = 0
    while at < count, columns > 0, !delta.products.isEmpty {
      let row = (first + at) / columns
      let rowsPerMatrix = tensor.rows / delta.products.count
      let matrix = row / rowsPerMatrix
      // The end of the rows of this matrix that are read at a time.
      let last = min(row + DeltaRoom.rows, (matrix + 1) * rowsPerMatrix, (first + count + columns - 1) / columns)
      let end = min(last * columns - first, count)
      if let product = delta.products[matrix] {
        try add(product, matrix, rows: row - matrix * rowsPerMatrix..<last - matrix * rowsPerMatrix)
        try add(product, to: values, at..<end, first: first, row: row, &sums)
      } else {
        for index in at..<end { sums.baseSquares += Double(values[index]) * Double(values[index]) }
      }
      at = end
    }
    guard sums.squares.isFinite || !sums.baseSquares.isFinite else {
      throw ConversionError.nonFinite(
        file: delta.file.path.string, tensor: delta.entries.first?.name ?? tensor.name, index: 0)
    }
    return sums
  }

  /// Reads the factors: the left one's rows, and the right one unless it is there.
  private func add(_ product: TensorDelta.Product, _ matrix: Int, rows: Range<Int>) throws {
    guard let right = scratch.right.baseAddress, let left = scratch.left.baseAddress else { return }
    if scratch.loaded?.tensor != tensor.name || scratch.loaded?.matrix != matrix {
      scratch.loaded = nil
      try reader.read(product.right, rows: 0..<product.rank, columns: 0..<tensor.rowElements, into: right)
      round(right, product.rank * tensor.rowElements)
      scratch.loaded = (tensor.name, matrix)
    }
    try reader.read(product.left, rows: rows, columns: 0..<product.rank, into: left)
    round(left, product.rank * rows.count)
  }

  private func round(_ factor: UnsafeMutablePointer<Float>, _ count: Int) {
    guard delta.rounding == .factorsProductAndSum else { return }
    for index in 0..<count { factor[index] = FloatConversion.rounded(factor[index], to: type) }
  }

  /// - Parameters:
  ///   - range: of the values, within the rows whose left factor was read.
  ///   - row: the first of these rows.
  private func add(
    _ product: TensorDelta.Product, to values: FloatElements, _ range: Range<Int>, first: Int, row: Int,
    _ sums: inout DeltaSums
  ) throws {
    let columns = tensor.rowElements
    let scale = Float(product.scale)
    guard let right = scratch.right.baseAddress, let left = scratch.left.baseAddress,
      let sum = scratch.row.baseAddress, let base = scratch.base.baseAddress
    else { return }
    var at = range.lowerBound
    while at < range.upperBound {
      let current = (first + at) / columns
      let begin = (first + at) % columns
      let count = min(columns - begin, range.upperBound - at)
      let factors = left + (current - row) * product.rank
      for column in 0..<count { sum[column] = 0 }
      for k in 0..<product.rank {
        AdapterDelta.add(factors[k], right + k * columns + begin, to: sum, count)
      }
      for column in 0..<count { sum[column] *= scale }
      if delta.rounding != .sum {
        for column in 0..<count { sum[column] = FloatConversion.rounded(sum[column], to: type) }
      }
      if let magnitude = product.magnitude, count == columns {
        try rescale(values, at: at, count, row: current, to: magnitude, &sums)
      } else if let entry = delta.replacement {
        // The sum begins with what is in the place of the base.
        try reader.read(entry, first + at, step: 1, count) { base[$0] = FloatConversion.rounded($1, to: type) }
        for column in 0..<count { change(values, at + column, to: base[column] + sum[column], &sums) }
      } else {
        sums.changed += values.add(sum, at: at, count, before: base)
        sums.squares += AdapterDelta.squares(sum, count)
        sums.baseSquares += AdapterDelta.squares(base, count)
      }
      at += count
    }
  }

  /// DoRA: a row of base and product together, by its length to that of the adapter, all in f32. The length is summed in
  /// double, where PEFT's sum depends on the processor: that is within a unit of an f32's last place.
  /// - Parameter at: The place of the row's first element in the values.
  private func rescale(
    _ values: FloatElements, at: Int, _ count: Int, row: Int, to magnitude: TensorEntry, _ sums: inout DeltaSums
  ) throws {
    guard let sum = scratch.row.baseAddress else { return }
    for column in 0..<count { sum[column] += values[at + column] }
    var wanted: Float = 0
    try reader.read(magnitude, row, step: 1, 1) { wanted = $1 }
    let factor = wanted / Float(AdapterDelta.squares(sum, count).squareRoot())
    for column in 0..<count { change(values, at + column, to: factor * sum[column], &sums) }
  }

  /// `sum += factor * row`, a product and a sum for each element.
  @inline(__always)
  private static func add(
    _ factor: Float, _ row: UnsafeMutablePointer<Float>, to sum: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    var index = 0
    while index < count {
      sum[index] = sum[index] + factor * row[index]
      index &+= 1
    }
  }

  /// The sum of squares, in eight lanes by the place of an element and then in their order.
  private static func squares(_ values: UnsafeMutablePointer<Float>, _ count: Int) -> Double {
    var lanes = SIMD8<Double>()
    var index = 0
    while index &+ 8 <= count {
      let eight = SIMD8<Double>(UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self))
      lanes += eight * eight
      index &+= 8
    }
    var sum = 0.0
    for lane in 0..<8 { sum += lanes[lane] }
    while index < count {
      sum += Double(values[index]) * Double(values[index])
      index &+= 1
    }
    return sum
  }

  /// Puts a number, rounded, in the place of an element.
  private func change(_ values: FloatElements, _ index: Int, to number: Float, _ sums: inout DeltaSums) {
    let old = values[index]
    values[index] = number
    let new = values[index]
    let change = Double(new) - Double(old)
    sums.squares += change * change
    sums.baseSquares += Double(old) * Double(old)
    if new.bitPattern != old.bitPattern { sums.changed += 1 }
  }
}
