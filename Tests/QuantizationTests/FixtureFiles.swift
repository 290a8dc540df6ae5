import Foundation
import Quantization

/// One tensor of a fixture.
struct FixtureTensor {
  let dtype: String
  let rows: Int
  let columns: Int
  let bytes: [UInt8]
}

enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  enum Failure: Error { case unreadable(String) }

  /// Reads a safetensors file whole; enough for the fixtures, which are well-formed.
  static func tensors(_ path: String) throws -> [String: FixtureTensor] {
    let data = [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
    let length = data[0..<8].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let object = try JSONSerialization.jsonObject(with: Data(data[8..<8 + length]))
    guard let header = object as? [String: Any] else { throw Failure.unreadable(path) }
    var result: [String: FixtureTensor] = [:]
    for (name, value) in header where name != "__metadata__" {
      guard let entry = value as? [String: Any], let dtype = entry["dtype"] as? String,
        let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], let columns = shape.last
      else { throw Failure.unreadable(path + " " + name) }
      let bytes = Array(data[8 + length + offsets[0]..<8 + length + offsets[1]])
      result[name] = FixtureTensor(
        dtype: dtype, rows: shape.dropLast().reduce(1, *), columns: columns, bytes: bytes)
    }
    return result
  }

  /// Parses a label such as `affine_b4_g64` or `mxfp4`.
  static func format(
    _ label: String, _ reference: QuantizerReference, _ rule: ScaleRule = .ceil
  ) throws -> QuantizationFormat {
    let parts = label.split(separator: "_")
    guard let mode = QuantizationMode(rawValue: String(parts[0])) else { throw Failure.unreadable(label) }
    let bits = parts.count > 1 ? Int(parts[1].dropFirst()) : nil
    let group = parts.count > 2 ? Int(parts[2].dropFirst()) : nil
    return try QuantizationFormat(mode: mode, bits: bits, groupSize: group, reference: reference, scaleRule: rule)
  }
}

/// The output of one encoding.
struct Encoded: Equatable {
  var weight: [UInt8]
  var scales: [UInt8]
  var biases: [UInt8]
  var clamped = 0

  init(_ format: QuantizationFormat, _ type: FloatType, rows: Int, columns: Int) {
    weight = Array(repeating: 0xAA, count: rows * format.packedWords(columns: columns) * 4)
    scales = Array(repeating: 0xAA, count: rows * format.groups(columns: columns) * format.scaleByteWidth(input: type))
    biases = format.hasBiases ? scales : []
  }

  /// Through `Quantizer`: a kernel where there is one.
  static func fast(
    _ format: QuantizationFormat, _ type: FloatType, rows: Int, columns: Int, _ input: [UInt8]
  ) throws -> Encoded {
    var out = Encoded(format, type, rows: rows, columns: columns)
    let report = try input.withUnsafeBytes { input in
      try out.weight.withUnsafeMutableBytes { weight in
        try out.scales.withUnsafeMutableBytes { scales in
          try out.biases.withUnsafeMutableBytes { biases in
            try Quantizer(format: format, input: type).encode(
              rows: rows, columns: columns, input: input, weight: weight, scales: scales,
              biases: format.hasBiases ? biases : nil)
          }
        }
      }
    }
    out.clamped = report.clampedScales
    return out
  }

  /// Through `ReferenceQuantizer`.
  static func reference(
    _ format: QuantizationFormat, _ type: FloatType, rows: Int, columns: Int, _ input: [UInt8]
  ) -> Encoded {
    var out = Encoded(format, type, rows: rows, columns: columns)
    out.clamped = input.withUnsafeBytes { input in
      out.weight.withUnsafeMutableBytes { weight in
        out.scales.withUnsafeMutableBytes { scales in
          out.biases.withUnsafeMutableBytes { biases in
            ReferenceQuantizer(format: format, input: type).encode(
              groups: rows * format.groups(columns: columns), input: input, weight: weight, scales: scales,
              biases: format.hasBiases ? biases : nil)
          }
        }
      }
    }
    return out
  }
}

func differingBytes(_ a: [UInt8], _ b: [UInt8]) -> Int {
  a.count == b.count ? zip(a, b).count { $0 != $1 } : max(a.count, b.count)
}
