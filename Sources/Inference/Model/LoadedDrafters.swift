import StrictJSON
import SystemPackage

/// Drafters in folders of their own, at most one of each kind.
struct LoadedDrafters: Sendable {
  private(set) var dflash: DFlashModel?
  private(set) var eagle3: Eagle3Model?
  /// Bytes of the mapped files.
  private(set) var mappedBytes = 0
  private(set) var folders: [FilePath] = []

  /// Kinds that are known, and not read.
  private static let siblings = [
    "DFlash2DraftModel": "DFlash 2", "DSparkDraftModel": "DSpark", "DominoDraftModel": "Domino",
    "XPressDraftModel": "XPress", "LiLiCorrDraftModel": "LiLiCorr", "Eagle3Speculator": "EAGLE-3 of speculators",
  ]

  /// Opens folders and holds them to the model that they are to draft for.
  /// - Throws: ``DrafterError``, ``InferenceError``, `CheckpointError`, `FileError`, `JSONError`, `SafetensorsError`.
  init(_ references: [String], target: TextConfiguration) throws {
    for reference in references { try open(DrafterFolder(reference), target: target) }
  }

  private mutating func open(_ folder: DrafterFolder, target: TextConfiguration) throws {
    let config = folder.config
    if let type = config["speculators_model_type"]?.stringValue {
      throw DrafterError.kind(file: folder.configFile, found: "the layout of speculators: \(type)")
    }
    let names = (config["architectures"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard let name = names.first, names.count == 1 else {
      throw DrafterError.kind(file: folder.configFile, found: "architectures \(names)")
    }
    if name == DFlashModel.architecture {
      guard dflash == nil else { throw DrafterError.twice(path: folder.path, kind: name) }
      dflash = try DFlashModel(folder, target: target)
    } else if Eagle3Model.architectures.contains(name) {
      guard eagle3 == nil else { throw DrafterError.twice(path: folder.path, kind: name) }
      eagle3 = try Eagle3Model(folder, target: target)
    } else {
      throw DrafterError.kind(
        file: folder.configFile, found: Self.siblings[name].map { "\(name) (\($0))" } ?? name)
    }
    mappedBytes += folder.mappedBytes
    folders.append(folder.path)
  }
}
