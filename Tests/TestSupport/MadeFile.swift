import Foundation

/// Writes a file into a folder and returns its path.
package func makeFile(_ bytes: [UInt8], _ folder: String, _ name: String = "f") throws -> String {
  let path = folder + "/" + name
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  return path
}
