import TestSupport
import Diagnostics
import Foundation
import Safetensors

/// A file of a header text and data, with its true or a false length field.
func blob(_ header: [UInt8], _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  let n = length ?? UInt64(header.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: n >> (8 * $0)) } + header + data
}

func blob(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  blob(Array(header.utf8), data, length: length)
}

/// A record of a header.
func record(_ dtype: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  "{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

/// A valid header with one tensor of four bytes.
let one = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"

/// The diagnostic with which a file is refused; nil when it is accepted.
func refusal(of file: [UInt8]) -> Diagnostic? {
  refusal { _ = try SafetensorsHeader.parse(file, fileSize: file.count, file: "w.safetensors") }
}

/// Runs `body` with the path of a new file, which is removed afterwards.
func withFile<T>(_ bytes: [UInt8], _ body: (String) throws -> T) throws -> T {
  let path = FileManager.default.temporaryDirectory.path + "/cambium-" + UUID().uuidString + ".safetensors"
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
