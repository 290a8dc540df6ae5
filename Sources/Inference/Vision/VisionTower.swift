import Checkpoint
import Files
import Foundation
import SystemPackage

/// The vision tower of a model: makes rows of a prompt of an image's patches.
///
/// Opened from a package (`vision_tower.*`) or from a checkpoint (`model.visual.*`). The weights stay in mapped files and
/// are widened to f32 one block at a time, so the tower takes the memory of one block besides the patches' states.
///
/// The matrix products are OpenBLAS's, one thread a call, in pieces of a fixed number of rows. So an image yields the same
/// rows whatever the number of threads, and whatever images are beside it, but not on another kind of processor: this
/// is the one part of the runner outside the canonical arithmetic. Decoding starts from the rows and is canonical.
public final class VisionTower: Sendable {
  /// Absolute path of the folder.
  public let path: FilePath
  /// Sizes of the tower.
  public let configuration: VisionConfiguration
  /// The ids that stand for its rows in a prompt.
  public let tokens: VisionTokens
  let weights: VisionWeights

  /// Opens the tower of a model: a folder, or `hub:org/name@revision`.
  /// - Throws: ``InferenceError/towerMissing(path:)`` for a model without one; else as
  ///   ``LoadedModel/open(_:head:drafters:)``.
  public static func open(_ path: String) throws -> VisionTower {
    try VisionTower(CheckpointFolder(ModelReference(typed: path)))
  }

  /// Opens the tower of a model whose decoder is open.
  public static func open(_ model: LoadedModel) throws -> VisionTower {
    try VisionTower(CheckpointFolder(.folder(model.path)))
  }

  /// Maps the tower's weights of an opened folder.
  public init(_ folder: CheckpointFolder) throws {
    path = folder.path
    guard folder.model.hasVision else { throw InferenceError.towerMissing(path: folder.path) }
    let tensors = try StoredWeights.vision(folder)
    guard !tensors.isEmpty else { throw InferenceError.towerMissing(path: folder.path) }
    try Dense.load()
    configuration = try VisionConfiguration(folder)
    tokens = try VisionTokens(folder)
    weights = VisionWeights(path: folder.path, tensors: tensors, isPackage: folder.conversionEvidence != nil)
  }
}

/// What the tower made of an image or a video.
public struct VisionRows: Sendable, Hashable {
  /// What the rows stand for; they have separate token ids.
  public enum Kind: Sendable, Hashable { case image, video }

  /// Image or video.
  public let kind: Kind
  /// Groups of frames, 1 for an image.
  public let groups: Int
  /// Rows and columns of tokens of a group: those of the patches, divided by the merge size.
  public let height: Int
  /// Columns of tokens of a group.
  public let width: Int
  /// [groups · height · width, H].
  public let rows: [[Float]]

  /// Rows of an image, or of a video with its groups one after another.
  public init(kind: Kind, groups: Int, height: Int, width: Int, rows: [[Float]]) {
    self.kind = kind
    self.groups = groups
    self.height = height
    self.width = width
    self.rows = rows
  }
}
