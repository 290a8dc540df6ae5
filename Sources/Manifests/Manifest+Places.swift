import Checkpoint
import SystemPackage

extension Manifest {
  /// The same manifest on a machine where its folders are elsewhere. Nothing that is made names them, so no byte changes;
  /// the lock file's digests say whether what is there is the same.
  /// - Parameters:
  ///   - source: Where the source is here; nil for where the manifest says.
  ///   - donor: Where the donor is here.
  /// - Throws: ``ManifestError/value(place:field:expected:found:)`` where the manifest names no folder: a model of the hub is
  ///   known by its commit, and found by the hub's own rules.
  public func placed(source: FilePath?, donor: FilePath?) throws -> Manifest {
    var placed = self
    if let source { placed.source = try other(source, than: self.source, "source") }
    if let donor { placed.donor = try other(donor, than: self.donor, "donor") }
    return placed
  }

  private func other(_ folder: FilePath, than named: ModelReference?, _ field: String) throws -> ModelReference {
    let found: String
    switch named {
    case .folder?: return .folder(folder.absolute)
    case .hub(let reference)?: found = "hub:\(reference.repository), which the hub's cache has in its own place"
    case nil: found = "none"
    }
    throw ManifestError.value(
      place: path.string, field: field, expected: "a folder, whose place --\(field) may name", found: found)
  }
}
