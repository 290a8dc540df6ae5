import Checkpoint
import Files
import StrictJSON
import SystemPackage

/// Drafters in separate folders, at most one of each kind.
struct LoadedDrafters: Sendable {
  private(set) var dflash: DFlashModel?
  private(set) var eagle3: Eagle3Model?
  /// Bytes of the mapped files.
  private(set) var mappedBytes = 0
  private(set) var folders: [FilePath] = []

  /// Kinds that are known, and not read.
  private static let siblings = [
    "DSparkDraftModel": "DSpark", "DominoDraftModel": "Domino",
    "XPressDraftModel": "XPress", "LiLiCorrDraftModel": "LiLiCorr", "Eagle3Speculator": "EAGLE-3 of speculators",
  ]

  /// Where a package has its own drafter.
  static let ownFolder = "drafter"

  /// Opens folders and checks that they fit the model that they are to draft for.
  /// - Parameters:
  ///   - references: Folders, each of another kind.
  ///   - target: What the model is.
  ///   - model: The model's folder. A drafter that the model has there is opened, too, unless one of its kind is given.
  /// - Throws: ``DrafterError``, ``InferenceError``, `CheckpointError`, `FileError`, `JSONError`, `SafetensorsError`.
  init(_ references: [ModelReference], target: TextConfiguration, model: FilePath) throws {
    for reference in references {
      let folder = try DrafterFolder(reference)
      let kind = try Self.kind(of: folder)
      guard !has(kind) else { throw DrafterError.twice(path: folder.path, kind: kind.title) }
      try open(folder, kind, target: target, model: model)
    }
    let own = model.appending(Self.ownFolder)
    guard try own.appending("config.json").exists else { return }
    let folder = try DrafterFolder(.folder(own))
    let kind = try Self.kind(of: folder)
    if !has(kind) { try open(folder, kind, target: target, model: model) }
  }

  private func has(_ kind: DrafterKind) -> Bool {
    switch kind {
    case .lookup, .mtp: false
    case .dflash: dflash != nil
    case .eagle3: eagle3 != nil
    }
  }

  private mutating func open(
    _ folder: DrafterFolder, _ kind: DrafterKind, target: TextConfiguration, model: FilePath
  ) throws {
    try folder.requireTokenizer(of: model)
    switch kind {
    case .lookup, .mtp: return
    case .dflash: dflash = try DFlashModel(folder, target: target)
    case .eagle3: eagle3 = try Eagle3Model(folder, target: target)
    }
    mappedBytes += folder.mappedBytes
    folders.append(folder.path)
  }

  /// The kind that a folder's configuration names.
  /// - Throws: ``DrafterError/kind(file:found:)``.
  static func kind(of folder: DrafterFolder) throws(DrafterError) -> DrafterKind {
    let config = folder.config
    if let type = config["speculators_model_type"]?.stringValue {
      throw .kind(file: folder.configFile, found: "the layout of speculators: \(type)")
    }
    let names = (config["architectures"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard let name = names.first, names.count == 1 else {
      throw .kind(file: folder.configFile, found: "architectures \(names)")
    }
    if DFlashModel.architectures.contains(name) { return .dflash }
    if Eagle3Model.architectures.contains(name) { return .eagle3 }
    throw .kind(file: folder.configFile, found: siblings[name].map { "\(name) (\($0))" } ?? name)
  }
}
