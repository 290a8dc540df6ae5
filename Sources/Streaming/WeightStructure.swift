import Planning
import Safetensors
import StrictJSON
import SystemPackage

/// Reads the headers of written weight files back and compares them with the plan.
package enum WeightStructure {
  /// Opens the weight files of a folder and compares tensors, types, shapes and offsets with the plan.
  /// - Throws: `VerificationError.weightFile`, `SafetensorsError`, `FileError`.
  package static func require(_ plan: Plan, folder: FilePath) throws {
    var expected: [[UTF8Name: PlannedPart]] = plan.weights.map { _ in [:] }
    for tensor in plan.tensors {
      for part in tensor.parts { expected[part.file][UTF8Name(part.name)] = part }
    }
    for (number, file) in plan.weights.enumerated() {
      let path = folder.appending(file.path)
      let header = try SafetensorsFile(path: path).header
      guard header.tensors.count == expected[number].count else {
        throw wrong(path, nil, "\(expected[number].count) tensors", "\(header.tensors.count)")
      }
      for entry in header.tensors {
        guard let part = expected[number][UTF8Name(entry.name)] else {
          throw wrong(path, entry.name, "no such tensor", "one")
        }
        guard entry.dtype == part.dtype, entry.shape == part.shape, header.dataStart + entry.begin == part.offset else {
          throw wrong(
            path, entry.name, "\(part.dtype.rawValue) \(part.shape) at \(part.offset)",
            "\(entry.dtype.rawValue) \(entry.shape) at \(header.dataStart + entry.begin)")
        }
      }
    }
  }

  private static func wrong(_ path: FilePath, _ tensor: String?, _ expected: String, _ found: String)
    -> VerificationError
  {
    .weightFile(file: path.string, tensor: tensor, expected: expected, found: found)
  }
}
