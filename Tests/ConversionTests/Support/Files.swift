import Digests
import SystemPackage
import Files
import Foundation
import StrictJSON

/// Writes a file in place of whatever stood there.
func writeBytes(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

func readBytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

func readText(_ path: String) throws -> String { String(decoding: try readBytes(path), as: UTF8.self) }

func readJSON(_ path: String) throws -> JSONValue { try JSONValue.parse(readBytes(path), file: path) }

func exists(_ path: String) -> Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }

/// Rewrites a JSON file.
func editJSON(_ path: String, _ change: (inout JSONValue) throws -> Void) throws {
  var value = try readJSON(path)
  try change(&value)
  try writeBytes(JSONWriter.pretty(value), path)
}

/// Flips one byte, counted from the end, without making a new file.
func flipByte(_ path: String, fromEnd distance: Int = 1) throws {
  let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  defer { try? handle.close() }
  let place = try handle.seekToEnd() - UInt64(distance)
  try handle.seek(toOffset: place)
  let byte = try handle.read(upToCount: 1)?.first ?? 0
  try handle.seek(toOffset: place)
  try handle.write(contentsOf: Data([byte ^ 0x41]))
}

/// Paths of all files below a folder, relative to it, in order.
func filesBelow(_ folder: String) -> [String] {
  let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
  return all.filter {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: folder + "/" + $0, isDirectory: &isFolder) && !isFolder.boolValue
  }.sorted()
}

/// Every file below a folder with its identity: inode, size and times.
func identities(_ folder: String) throws -> [String: FileIdentity] {
  var out: [String: FileIdentity] = [:]
  for path in filesBelow(folder) { out[path] = try ReadOnlyFile(path: FilePath(folder + "/" + path)).identity }
  return out
}

/// Every file below a folder with the digest of its bytes.
func digests(_ folder: String) throws -> [String: SHA256Digest] {
  var out: [String: SHA256Digest] = [:]
  for path in filesBelow(folder) { out[path] = SHA256Digest.of(try readBytes(folder + "/" + path)) }
  return out
}
