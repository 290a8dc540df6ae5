import Safetensors

/// What the numbers of a head say of themselves, where training leaves traces that shapes and means do not show.
///
/// Two traces, found in three trained models of this family (hidden sizes 256 and 512; see the page *Heads*): they are
/// evidence, not proof, and nothing is refused for them. What proves is decoding (`verify-runner check`).
public struct HeadStatistics: Sendable {
  /// Width of the model.
  public let hidden: Int
  /// Correlation of the head's final norm with the trunk's, −1 to 1. Both precede one output projection and weigh the
  /// same directions, so that a head's is near its own trunk's (0.70 to 0.91 were measured) and far from another's
  /// (0.00 to 0.09). Nil when one is missing or constant.
  public let finalNorm: Double?
  /// How the lengths of `fc`'s columns go with the norms before them: the sum of both halves' correlations, −2 to 2, with
  /// the halves as stored (0.72 to 1.06 were measured) and exchanged (-0.07 to 0.08). Nil when `fc` is packed or a
  /// norm is constant.
  public let halves: Halves?

  /// The sums of correlations for the halves of `fc` in both orders.
  public struct Halves: Sendable {
    /// The sum with the halves in the order in which they are stored, −2 to 2.
    public let asStored: Double
    /// Exchanged, −2 to 2.
    public let exchanged: Double
  }

  /// What four standard errors of a difference between two such sums are, with columns that are independent.
  private var margin: Double { max(0.3, 8 / Double(max(hidden, 1)).squareRoot()) }

  /// Whether the halves of `fc` look exchanged. Narrow models say nothing.
  public var hasExchangedHalves: Bool {
    guard hidden >= 128, let halves else { return false }
    return halves.exchanged - halves.asStored >= margin
  }

  /// Whether the head looks like another model's.
  public var isStranger: Bool { hidden >= 128 && finalNorm.map { $0 < 0.3 } ?? false }

  /// What is to be said, the tensor's name first; empty when nothing is suspicious.
  public var suspicions: [String] {
    var out: [String] = []
    if hasExchangedHalves, let halves {
      out.append(
        "mtp.fc.weight: its halves look exchanged: its columns go with the norms before them by "
          + "\(Hundredths(halves.asStored)) as stored, by \(Hundredths(halves.exchanged)) with the halves exchanged")
    }
    if isStranger, let finalNorm {
      out.append(
        "mtp.norm.weight: looks like another model's: its correlation with the trunk's final norm is "
          + "\(Hundredths(finalNorm)), where a head's own is above 0.3")
    }
    return out
  }
}

extension CheckpointFolder {
  /// The traces in this folder's head, beside a trunk that it is to serve. Reads norms, and `fc` when it is not packed and
  /// is on this machine.
  /// - Throws: `SafetensorsError`, `FileError`.
  public func headStatistics(for trunk: CheckpointFolder) throws -> HeadStatistics? {
    guard let prefix = headEvidence.prefix else { return nil }
    let head = try floats(prefix + "norm.weight")
    let final = try trunk.trunkNorms(.final).first?.factors
    let embedding = try floats(prefix + "pre_fc_norm_embedding.weight")
    let hidden = try floats(prefix + "pre_fc_norm_hidden.weight")
    let width = head?.count ?? 0
    var halves: HeadStatistics.Halves?
    if let embedding, let hidden, let lengths = try columnLengths(prefix + "fc.weight", shape: [width, 2 * width]),
      embedding.count == width, hidden.count == width
    {
      // Correlations do not change by the 1 that an offset lacks: of the factors' signs nothing is asked.
      let left = Array(lengths[..<width])
      let right = Array(lengths[width...])
      if let a = correlation(left, embedding), let b = correlation(right, hidden),
        let c = correlation(left, hidden), let d = correlation(right, embedding)
      {
        halves = HeadStatistics.Halves(asStored: a + b, exchanged: c + d)
      }
    }
    return HeadStatistics(
      hidden: width, finalNorm: head.flatMap { head in final.flatMap { correlation(head, $0) } }, halves: halves)
  }

  /// Euclidean length of each column of a float matrix, by blocks of rows; nil for anything else, and for another shape:
  /// that of the file may be any that its holes allow.
  private func columnLengths(_ name: String, shape: [Int]) throws -> [Float]? {
    guard let place = self[name], place.entry.shape == shape, place.entry.shape[1] > 0,
      [.bf16, .f16, .f32].contains(place.entry.dtype),
      // The largest tensor of a head that is on the hub is not moved for a hint: a package's own is looked at again.
      !shards[place.shard].file.isElsewhere
    else { return nil }
    let columns = place.entry.shape[1]
    let rowBytes = columns * place.entry.dtype.bits / 8
    let step = max(1, (1 << 18) / rowBytes)
    var squares = [Double](repeating: 0, count: columns)
    var bytes = [UInt8](repeating: 0, count: step * rowBytes)
    for first in stride(from: 0, to: place.entry.shape[0], by: step) {
      let rows = min(step, place.entry.shape[0] - first)
      try bytes.withUnsafeMutableBytes { bytes in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(rows * rowBytes)])
        try shards[place.shard].file.read(into: part, atDataOffset: place.entry.begin + first * rowBytes)
        for row in 0..<rows {
          FloatBits.addSquares(
            UnsafeRawBufferPointer(rebasing: part[row * rowBytes..<(row + 1) * rowBytes]), place.entry.dtype,
            to: &squares)
        }
      }
    }
    return squares.map { Float($0.squareRoot()) }
  }
}

/// Pearson's correlation, in double precision and in the order of the elements; nil for lists of different or no length,
/// constant ones, or such with what is no number.
func correlation(_ a: [Float], _ b: [Float]) -> Double? {
  guard a.count == b.count, a.count > 1 else { return nil }
  let count = Double(a.count)
  let meanA = a.reduce(0) { $0 + Double($1) } / count
  let meanB = b.reduce(0) { $0 + Double($1) } / count
  var both = 0.0
  var squaresA = 0.0
  var squaresB = 0.0
  for (x, y) in zip(a, b) {
    let (dx, dy) = (Double(x) - meanA, Double(y) - meanB)
    both += dx * dy
    squaresA += dx * dx
    squaresB += dy * dy
  }
  let length = (squaresA * squaresB).squareRoot()
  guard length > 0, length.isFinite else { return nil }
  return both / length
}

/// A number with two decimals, the same on every platform.
struct Hundredths: CustomStringConvertible {
  let value: Double

  init(_ value: Double) { self.value = value }

  var description: String {
    guard value.magnitude < 1e12 else { return "beyond 1e12" }
    let scaled = Int((value.magnitude * 100).rounded())
    let digits = String(scaled % 100)
    return "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / 100).\(digits.count < 2 ? "0" : "")\(digits)"
  }
}
