import Diagnostics
import Foundation
import Images
import StrictJSON
import Testing

enum Fixture {
  static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// One line of `images.jsonl`.
  struct Row {
    let name: String
    let bytes: [UInt8]
    /// Width, height and digest of the pixels; nil for an image that Pillow refuses.
    let pixels: (width: Int, height: Int, digest: String)?
    let resized: [(width: Int, height: Int, digest: String)]
    let settings: JSONValue?
    let grid: [Int]
    let patches: String?

    init(_ row: JSONValue) {
      name = row["name"]?.stringValue ?? ""
      bytes = [UInt8](Data(base64Encoded: row["data"]?.stringValue ?? "") ?? Data())
      let size = (row["size"]?.arrayValue ?? []).compactMap(\.intValue)
      pixels = row["pixels"]?.stringValue.map { (size[0], size[1], $0) }
      resized = (row["resized"]?.arrayValue ?? []).compactMap(\.arrayValue).map {
        ($0[0].intValue ?? 0, $0[1].intValue ?? 0, $0[2].stringValue ?? "")
      }
      settings = row["settings"]
      grid = (row["grid"]?.arrayValue ?? []).compactMap(\.intValue)
      patches = row["patches"]?.stringValue
    }
  }

  static func rows() throws -> [Row] {
    try [UInt8](Data(contentsOf: folder.appendingPathComponent("images.jsonl"))).split(separator: 0x0A).map {
      Row(try JSONValue.parse(Array($0), file: "images.jsonl"))
    }
  }

  static func bytes(_ name: String) throws -> [UInt8] { try #require(try rows().first { $0.name == name }).bytes }
}

/// FNV-1a of 64 bits, as hexadecimal digits.
func digest(_ bytes: some Sequence<UInt8>) -> String {
  var value: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  let hex = String(value, radix: 16)
  return String(repeating: "0", count: 16 - hex.count) + hex
}
