import Safetensors
import SystemPackage

/// A model whose weights are not on this machine: of them only headers are read, and what is asked for.
///
/// What a look at a model reads whole, such as `config.json` and the index, is in a folder here; of all other files the
/// names are known.
package protocol ModelElsewhere: Sendable {
  /// The folder with the small files.
  var folder: FilePath { get }
  /// Names of all files of the model's own folder, and of those in `mtp/`, whether they are in the folder or not.
  var names: [String] { get }
  /// A safetensors file by its name, with its header.
  /// - Throws: what reading it there throws.
  func shard(_ name: String) throws -> SafetensorsFile
  /// The digest of a whole file as its store states it; nil when it states none.
  func statedDigest(_ name: String) -> String?
  /// The commit, in 40 hexadecimal digits.
  var commit: String { get }
  /// Bytes of all files of the model.
  var totalBytes: Int { get }
  /// Puts into a folder what was read until now, and from now on what ``fetch(_:advanced:)`` reads, so that another process
  /// that opens the model with this folder asks nobody for it.
  func keep(in folder: FilePath) throws
  /// Reads stretches of shards, several at a time, into the folder of ``keep(in:)``, as far as they are not there; reads of
  /// them come from there afterwards. What came is kept when it fails.
  /// - Parameters:
  ///   - stretches: Ranges of bytes, by the shard's name.
  ///   - advanced: Told of bytes that came, and of which shard. Called from several threads.
  func fetch(
    _ stretches: [(shard: String, ranges: [Range<Int>])], advanced: @escaping @Sendable (_ bytes: Int, String) -> Void
  ) throws
}

/// Opens a model that a manifest wants read where it is. Programs that use no network have none.
package typealias ModelOpener =
  @Sendable (_ reference: HubReference, _ request: ModelRequest) throws -> any ModelElsewhere

/// What is wanted of a model that is read where it is.
package struct ModelRequest: Sendable {
  /// What is made of it.
  package enum Use: String, Sendable {
    /// All of its weights, and the files that travel into the package.
    case source
    /// Its head.
    case donor
  }

  /// What is made of it.
  package let use: Use
  /// A folder in which an earlier run kept what it read; it may not be there.
  package let kept: FilePath
  /// The commit that the lock file pins, for when nobody can be asked which one a branch points to; nil without one.
  package let pinned: String?

  /// A request by a run whose work folder may have something of the model.
  package init(use: Use, kept: FilePath, pinned: String?) {
    self.use = use
    self.kept = kept
    self.pinned = pinned
  }
}
