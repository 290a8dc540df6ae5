import Checkpoint
import SystemPackage
import Foundation
import Images
import Inference
import Threads

/// The prompts with images of the reference models, from the pictures on.
struct VisionGolden: CustomStringConvertible, Sendable {
  let golden: Golden
  let images: [String]

  static let all = [
    VisionGolden(golden: Golden(model: "qwen3_5_dense_vl", name: "image1"), images: ["a_64x96"]),
    VisionGolden(golden: Golden(model: "qwen3_5_dense_vl", name: "image2"), images: ["b_50x70", "c_200x150"]),
    VisionGolden(golden: Golden(model: "qwen3_5_moe", name: "image1"), images: ["d_96x64"]),
  ]

  var description: String { golden.description }
  var checkpoint: String { "\(Golden.root)/\(golden.model)/checkpoint" }

  func patches() throws -> [ImagePatches] {
    let settings = try ImageSettings(folder: FilePath(checkpoint))
    return try images.map { name in
      let path = "\(Golden.root)/\(golden.model)/images/\(name).png"
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      return try ImagePatches(ImageDecoder.decode(bytes, file: path), settings: settings, file: path)
    }
  }

  /// The prompt with rows of our own tower.
  func prompt(_ tower: VisionTower, threads: Int = 1) throws -> Prompt {
    let pool = WorkerPool(threads: threads)
    let visuals = try patches().map { try tower.rows($0, pool: pool) }
    return try Prompt(golden.document().integers("input_ids"), visuals: visuals, ids: tower.tokens)
  }
}
