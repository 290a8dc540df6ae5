import Diagnostics
import Foundation

/// Runs `body` with the path of a new empty folder, which is removed afterwards.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
  let path = NSTemporaryDirectory() + "/cambium-digests-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// Writes a file and returns its path.
func write(_ bytes: [UInt8], _ folder: String, _ name: String = "f") throws -> String {
  let path = folder + "/" + name
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}

/// The diagnostic of the error that `body` throws; nil when it throws none.
func refusal(_ body: () throws -> Void) -> Diagnostic? {
  do {
    try body()
    return nil
  } catch {
    return (error as? any CambiumError)?.diagnostic
  }
}
