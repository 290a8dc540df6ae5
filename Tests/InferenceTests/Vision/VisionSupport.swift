import TestSupport
import Diagnostics
import Foundation
import Images
import Inference
import StrictJSON

extension ImagePatches {
  /// A picture of a made-up pattern.
  static func made(
    width: Int, height: Int, settings: ImageSettings, maxPixels: Int, shift: Int = 0
  ) -> ImagePatches {
    var settings = settings
    settings.maxPixels = maxPixels
    guard let image = RGBImage.made(width: width, height: height, shift: shift),
      let patches = try? ImagePatches(image, settings: settings, file: "made")
    else { preconditionFailure("no picture") }
    return patches
  }
}

extension RGBImage {
  static func made(width: Int, height: Int, shift: Int = 0) -> RGBImage? {
    let pixels = (0..<3 * width * height).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13 &+ shift) }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}

/// A copy of the dense reference model with one field of `vision_config` changed.
func withChangedVision(_ field: String, _ value: String, _ body: (String) throws -> Void) throws {
  try withScratchFolder { folder in
    let copy = folder + "/checkpoint"
    try FileManager.default.copyItem(atPath: VisionGolden.all[0].checkpoint, toPath: copy)
    var config = try readJSON(copy + "/config.json")
    var vision = config["vision_config"] ?? .object([])
    vision.set(field, to: try JSONValue.parse(Array(value.utf8), file: "value"))
    config.set("vision_config", to: vision)
    try FileManager.default.removeItem(atPath: copy + "/config.json")
    try writeJSON(config, copy + "/config.json")
    try body(copy)
  }
}
