import Digests
import Files
import Planning
import SystemPackage
import Workspace

/// The weight files, which leave the work folder with the package: where there are no reflinks a model would else be
/// written twice and fill the disk twice, and one file under two names would be the user's and ours at once.
struct PublishedWeights: Sendable {
  let plan: Plan
  let folder: WorkFolder
  /// Absolute path of the package.
  let package: FilePath

  /// Where a weight file is that the work folder has handed over; nil while it is there, and for other outputs.
  func place(of output: FileRecord) throws -> FilePath? {
    guard plan.weights.contains(where: { $0.path == output.path }), try linkStatus(kept(output.path)) == nil else {
      return nil
    }
    return package.appending(output.path)
  }

  /// Returns to the work folder what a stage is going to read. It is digested before anything is published.
  func takeBack() throws {
    for file in plan.weights where try linkStatus(kept(file.path)) == nil {
      try cloneLinkOrCopy(from: package.appending(file.path), to: kept(file.path))
    }
  }

  /// Takes the work folder's names away from files that the package has, too. What was digested of them is then known of
  /// the package's, unless somebody wrote into them meanwhile.
  func giveUp(_ digests: DigestCache) throws {
    for file in plan.weights {
      let (kept, published) = (kept(file.path), package.appending(file.path))
      guard try Folder.removeSecondName(kept, of: published) else { continue }
      for known in [kept, published] { try digests.carryOver(from: known, to: published) }
      digests.forget(kept)
    }
  }

  private func kept(_ name: String) -> FilePath { folder.folder(.quantize).appending(name) }
}
