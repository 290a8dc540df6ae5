import Safetensors
import SystemPackage

/// A model whose weights are not on this machine: of them only headers are read, and what is asked for.
///
/// What a look at a model reads whole, such as `config.json` and the index, lies in a folder here; of all other files the
/// names are known.
package protocol ModelElsewhere: Sendable {
  /// The folder with the small files.
  var folder: FilePath { get }
  /// Names of all files of the model's own folder, and of those in `mtp/`, whether they lie in the folder or not.
  var names: [String] { get }
  /// A safetensors file by its name, with its header.
  /// - Throws: what reading it there throws.
  func shard(_ name: String) throws -> SafetensorsFile
  /// The digest of a whole file as its store states it; nil when it states none.
  func statedDigest(_ name: String) -> String?
}
