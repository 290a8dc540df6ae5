import Foundation
import SystemPackage
import TestSupport
import Images
import StrictJSON
import Testing

@Suite struct ImageSettingsTests {
  private static let demo: JSONValue = [
    "size": ["longest_edge": 65536, "shortest_edge": 4096], "patch_size": 16, "temporal_patch_size": 2, "merge_size": 2,
    "image_mean": JSONValue.array([JSONValue(.number("0.5")), JSONValue(.number("0.25")), 0]),
    "image_std": [1, 2, 3],
  ]

  private func settings(_ changes: [(String, JSONValue)] = [], without: [String] = []) throws -> ImageSettings {
    var value = Self.demo
    for (key, change) in changes { value.set(key, to: change) }
    for key in without { value.removeKey(key) }
    return try ImageSettings(json: JSONWriter.canonical(value), file: "p.json")
  }

  @Test func `the family's file is read`() throws {
    let found = try settings([("image_processor_type", "x"), ("resample", 3), ("do_resize", true), ("do_pad", nil)])
    #expect(
      found
        == ImageSettings(
          minPixels: 4096, maxPixels: 65536, rescaleFactor: 1 / 255, mean: [0.5, 0.25, 0], deviation: [1, 2, 3]))
    #expect(found.factor == 32)
  }

  @Test func `pixel counts may be outside the block of sizes`() throws {
    let outside: [(String, JSONValue)] = [("min_pixels", 7), ("max_pixels", 70)]
    #expect(try settings(outside).minPixels == 7)
    let only = try settings(outside, without: ["size"])
    #expect(only.minPixels == 7 && only.maxPixels == 70)
  }

  @Test func `nothing is assumed that changes the result`() {
    for key in ["patch_size", "temporal_patch_size", "merge_size", "size", "image_mean", "image_std"] {
      #expect(refusal { _ = try settings(without: [key]) }?.code == "E_JSON_MISSING_FIELD", "\(key)")
    }
  }

  @Test func `what is not covered is refused`() {
    let changes: [(String, JSONValue)] = [
      ("do_resize", false), ("do_rescale", false), ("do_normalize", false), ("do_convert_rgb", false), ("do_pad", true),
      ("do_center_crop", true), ("resample", 2), ("resample", "bicubic"), ("image_mean", [1, 2]),
      ("image_std", [1, 0, 1]),
      ("size", ["longest_edge": 10, "shortest_edge": 20]),
    ]
    for change in changes {
      #expect(refusal { _ = try settings([change]) }?.code == "E_PREPROCESSOR", "\(change)")
    }
    #expect(refusal { _ = try settings([("patch_size", 0)]) }?.code == "E_JSON_NUMBER")
    #expect(refusal { _ = try settings([("size", ["longest_edge": 0, "shortest_edge": 0])]) }?.code == "E_JSON_NUMBER")
  }

  @Test func `F08: one processor_config.json serves for images and videos`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/cambium-settings-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let own = { (most: Int) -> JSONValue in
      [
        "patch_size": 16, "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0, 0, 0], "image_std": [1, 1, 1],
        "size": ["shortest_edge": 100, "longest_edge": .int(most)],
      ]
    }
    let document = JSONValue.object([("image_processor", own(1000)), ("video_processor", own(2000))])
    try Data(JSONWriter.pretty(document)).write(to: URL(fileURLWithPath: folder + "/processor_config.json"))
    #expect(try ImageSettings(folder: FilePath(folder)).maxPixels == 1000)
    #expect(try ImageSettings(folder: FilePath(folder), file: ImageSettings.videoFile).maxPixels == 2000)
    // A file of its own goes before.
    try Data(JSONWriter.pretty(own(3000))).write(to: URL(fileURLWithPath: folder + "/preprocessor_config.json"))
    #expect(try ImageSettings(folder: FilePath(folder)).maxPixels == 3000)
  }

  @Test func `a missing file is named`() {
    let diagnostic = refusal { _ = try ImageSettings(folder: "/nowhere") }
    #expect(diagnostic?.code == "E_PREPROCESSOR_MISSING" && diagnostic?.file == "/nowhere/preprocessor_config.json")
  }
}
