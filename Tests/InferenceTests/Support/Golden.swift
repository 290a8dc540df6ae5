import Foundation
import SystemPackage
import Inference
import Safetensors
import StrictJSON

/// Activations of small random checkpoints of the three architectures, computed by transformers in f32, and drafts and
/// acceptance of a reference MTP head (`Fixtures/reference`).
struct Golden: CustomStringConvertible, Sendable {
  let model: String
  let name: String

  static let all = [
    Golden(model: "qwen3_next_moe", name: "len2"), Golden(model: "qwen3_next_moe", name: "len17"),
    Golden(model: "qwen3_next_moe", name: "len64"), Golden(model: "qwen3_next_moe", name: "len65"),
    Golden(model: "qwen3_5_dense_vl", name: "text12"), Golden(model: "qwen3_5_dense_vl", name: "image2"),
    Golden(model: "qwen3_5_moe", name: "text31"), Golden(model: "qwen3_5_moe", name: "text70"),
    Golden(model: "qwen3_5_moe", name: "image1"),
  ]
  static let models = ["qwen3_next_moe", "qwen3_5_dense_vl", "qwen3_5_moe"]
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/reference").path

  var description: String { "\(model)/\(name)" }

  static func model(_ name: String) throws -> LoadedModel { try LoadedModel.open("\(root)/\(name)/checkpoint") }

  func open() throws -> LoadedModel { try Golden.model(model) }

  func document() throws -> JSONValue {
    let path = "\(Golden.root)/\(model)/expected/\(name).json"
    return try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
  }

  func tensors() throws -> GoldenTensors {
    GoldenTensors(file: try SafetensorsFile(path: FilePath("\(Golden.root)/\(model)/expected/\(name).safetensors")))
  }

  /// The prompt; image rows are given as the reference's vision tower computed them.
  func prompt() throws -> Prompt {
    let tensors = try tensors()
    let document = try document()
    let ids = document.integers("input_ids")
    guard let merged = try tensors.floats("vision.merged"), let positions = try tensors.integers("position_ids"),
      let pad = try imagePad()
    else { return Prompt(ids) }
    let pads = ids.indices.filter { ids[$0] == pad }
    let width = merged.count / max(1, pads.count)
    let rows = pads.enumerated().map { ($1, Array(merged[$0 * width..<($0 + 1) * width])) }
    return Prompt(
      ids,
      positions: ids.indices.map {
        TokenPosition(time: positions[$0], height: positions[ids.count + $0], width: positions[2 * ids.count + $0])
      }, positionDelta: document["rope_delta"]?.intValue ?? 0, embeddings: Dictionary(uniqueKeysWithValues: rows))
  }

  private func imagePad() throws -> Int? {
    let path = "\(Golden.root)/\(model)/checkpoint/config.json"
    return try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)["image_token_id"]?
      .intValue
  }
}

struct GoldenTensors {
  let file: SafetensorsFile

  func floats(_ name: String) throws -> [Float]? {
    try file.header[name].map { entry in
      try file.readData(of: entry).withUnsafeBytes { bytes in
        (0..<entry.elementCount).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
  }

  func integers(_ name: String) throws -> [Int]? {
    try file.header[name].map { entry in
      try file.readData(of: entry).withUnsafeBytes { bytes in
        (0..<entry.elementCount).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
      }
    }
  }

  func shape(_ name: String) -> [Int] { file.header[name]?.shape ?? [] }
}

extension JSONValue {
  func integers(_ key: String) -> [Int] { (self[key]?.arrayValue ?? []).compactMap(\.intValue) }
}

/// The largest absolute difference; infinite when the counts differ or a number is NaN.
func distance(_ a: [Float], _ b: [Float]?) -> Float {
  guard let b, a.count == b.count else { return .infinity }
  var largest: Float = 0
  for (x, y) in zip(a, b) {
    let difference = abs(x - y)
    guard difference <= .greatestFiniteMagnitude else { return .infinity }
    largest = max(largest, difference)
  }
  return largest
}
