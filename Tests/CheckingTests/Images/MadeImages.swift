import TestSupport
import Foundation
import StrictJSON

/// Image files for tests: written here, or those that the decoder's own tests compare with Pillow.
enum MadeImages {
  /// A gray PNG of one bit a pixel, all black, with its pixels stored rather than compressed.
  /// - Parameter header: Width and height that the header claims instead.
  static func png(width: Int, height: Int, header: (width: Int, height: Int)? = nil) -> [UInt8] {
    let rows = [UInt8](repeating: 0, count: height * (1 + (width + 7) / 8))
    var data: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: rows.count, by: 65_535) {
      let count = min(65_535, rows.count - start)
      data.append(start + count == rows.count ? 1 : 0)
      data += [UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8((~count >> 8) & 255)]
      data += rows[start..<start + count]
    }
    // Adler-32 of zeros: 1 + n · 2^16.
    data += number(UInt32(truncatingIfNeeded: rows.count % 65_521) << 16 | 1)
    let claimed = header ?? (width, height)
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk(
        "IHDR",
        number(UInt32(truncatingIfNeeded: claimed.width)) + number(UInt32(truncatingIfNeeded: claimed.height))
          + [1, 0, 0, 0, 0]) + chunk("IDAT", data) + chunk("IEND", [])
  }

  /// One of `Tests/ImagesTests/Fixtures/images.jsonl`.
  static func fixture(_ name: String) throws -> [UInt8] {
    let path = Repository.root + "/Tests/ImagesTests/Fixtures/images.jsonl"
    for line in try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))).split(separator: 0x0A) {
      let row = try JSONValue.parse(Array(line), file: path)
      guard row["name"]?.stringValue == name else { continue }
      return [UInt8](Data(base64Encoded: row["data"]?.stringValue ?? "") ?? Data())
    }
    throw CocoaError(.fileNoSuchFile)
  }

  private static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in body {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return number(UInt32(data.count)) + body + number(~sum)
  }
}

/// A folder that goes with the object.
final class ImageFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("cambium-images-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file; gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }
}
