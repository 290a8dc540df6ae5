import Digests
import Dispatch
import Quantization

/// How fast one thread encodes, measures and digests, on a matrix much larger than the caches.
public struct KernelRates: Sendable {
  /// One kernel.
  public struct Rate: Sendable {
    /// Such as `encode mxfp4`.
    public let name: String
    /// Bytes of the source (bf16, or what is digested) a second, median of the rounds.
    public let bytesPerSecond: Double

    /// A rate under the name of its kernel.
    public init(name: String, bytesPerSecond: Double) {
      self.name = name
      self.bytesPerSecond = bytesPerSecond
    }
  }

  /// Formats of the shipped pipelines.
  public static let formats: [QuantizationFormat] = {
    let wanted: [(QuantizationMode, Int)] = [(.mxfp4, 4), (.mxfp8, 8), (.nvfp4, 4), (.affine, 4), (.affine, 8)]
    return wanted.compactMap { try? QuantizationFormat(mode: $0.0, bits: $0.1) }
  }()

  private let rows: Int
  private let columns = 4096
  private let rounds: Int

  /// - Parameters:
  ///   - mebibytes: of the matrix in bf16.
  ///   - rounds: of each kernel, in turn.
  public init(mebibytes: Int = 64, rounds: Int = 5) {
    rows = max(1, mebibytes) << 20 / (2 * columns)
    self.rounds = max(1, rounds)
  }

  /// Measures every kernel, in turn.
  /// - Throws: `QuantizationError`.
  public func measure() throws -> [Rate] {
    let source = weights()
    var times: [[Double]] = []
    var names: [String] = []
    for round in 0..<rounds {
      var number = 0
      try source.withUnsafeBytes { source in
        let enter = { (name: String, body: () throws -> Void) throws in
          let began = DispatchTime.now().uptimeNanoseconds
          try body()
          let seconds = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
          if round == 0 {
            names.append(name)
            times.append([])
          }
          times[number].append(seconds)
          number += 1
        }
        for format in Self.formats { try convert(format, source, enter) }
        try enter("digest sha256, one stream") { _ = SHA256Digest.of(source) }
        try enter("digest sha256, pages of tree digests") { _ = TreeDigest.leaf(source) }
      }
    }
    let bytes = Double(source.count * 2)
    return zip(names, times).map { name, times in
      Rate(name: name, bytesPerSecond: bytes / times.sorted()[times.count / 2])
    }
  }

  private func convert(
    _ format: QuantizationFormat, _ source: UnsafeRawBufferPointer,
    _ enter: (String, () throws -> Void) throws -> Void
  ) throws {
    let groups = rows * format.groups(columns: columns)
    var weight = [UInt32](repeating: 0, count: rows * format.packedWords(columns: columns))
    var scales = [UInt8](repeating: 0, count: groups * format.scaleByteWidth(input: .bf16))
    var biases = [UInt8](repeating: 0, count: format.hasBiases ? scales.count : 0)
    let name = format.mode == .affine ? "affine\(format.bits)" : format.mode.rawValue
    try weight.withUnsafeMutableBytes { weight in
      try scales.withUnsafeMutableBytes { scales in
        try biases.withUnsafeMutableBytes { biases in
          try enter("encode \(name)") {
            _ = try Quantizer(format: format, input: .bf16).encode(
              rows: rows, columns: columns, input: source, weight: weight, scales: scales,
              biases: format.hasBiases ? biases : nil)
          }
          try enter("measure \(name)") {
            var sums = ErrorAccumulator()
            try sums.add(
              format: format, input: .bf16, rows: rows, columns: columns, source: source,
              weight: UnsafeRawBufferPointer(weight), scales: UnsafeRawBufferPointer(scales),
              biases: format.hasBiases ? UnsafeRawBufferPointer(biases) : nil)
          }
        }
      }
    }
  }

  /// Numbers like those of a trained matrix: sums of uniform ones, in bf16.
  private func weights() -> [UInt16] {
    var state: UInt64 = 1
    return (0..<rows * columns).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let sum = (0..<4).reduce(0) { $0 + Int((state >> (16 * UInt64($1))) & 0xFFFF) }
      return UInt16(truncatingIfNeeded: (Float(sum - 2 * 65_535) * 0x1p-21).bitPattern >> 16)
    }
  }
}
