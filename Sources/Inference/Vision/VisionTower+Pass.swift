import Images
import Threads

extension VisionTower {
  /// Runs the tower over an image, or over the frames of a video.
  /// - Throws: ``InferenceError/imageSettings(file:expected:found:)`` when the patches are not of the tower's form;
  ///   `CheckpointError`, ``InferenceError`` for weights that cannot be read.
  public func rows(_ patches: ImagePatches, kind: VisionRows.Kind = .image, pool: WorkerPool) throws -> VisionRows {
    let settings = patches.settings
    guard settings.patchSize == configuration.patchSize, settings.mergeSize == configuration.mergeSize,
      settings.temporalPatchSize == configuration.temporalPatchSize
    else {
      throw InferenceError.imageSettings(
        file: path.string,
        expected: "patches of \(configuration.patchSize) pixels and \(configuration.temporalPatchSize) frames, "
          + "merged by \(configuration.mergeSize)",
        found: "\(settings.patchSize), \(settings.temporalPatchSize) and \(settings.mergeSize)")
    }
    let grid = patches.grid
    return try rows(kind: kind, groups: grid.t, height: grid.h, width: grid.w, pool: pool) {
      patches.write($0, into: $1)
    }
  }

  /// Runs the tower over patches.
  /// - Parameters:
  ///   - kind: Image or video.
  ///   - groups: Groups of frames; attention stays inside of one.
  ///   - height: Patches of a group; multiples of the merge size.
  ///   - width: Patches of a group; multiples of the merge size.
  ///   - pool: The threads that compute.
  ///   - onStage: Hears the numbers between the stages of the tower, for comparisons.
  ///   - write: Writes the numbers of some patches, [range.count, patchLength], in merge-block order; from several
  ///     threads at once.
  package func rows(
    kind: VisionRows.Kind, groups: Int, height: Int, width: Int, pool: WorkerPool,
    onStage: ((VisionStage, [Float]) -> Void)? = nil,
    write: (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws -> VisionRows {
    let positions = VisionPositions(height: height, width: width, mergeSize: configuration.mergeSize)
    let pass = VisionPass(configuration, positions, groups: groups, pool: pool)
    try pass.embed(weights.patchEmbedding(configuration), write)
    onStage?(.patchEmbedding, pass.states.values)
    pass.addPositions(try weights.vector("pos_embed.weight"))
    for index in 0..<configuration.blocks {
      pass.run(try weights.block(index, configuration))
      onStage?(.block(index), pass.states.values)
    }
    let merged = configuration.patchesPerToken * configuration.hidden
    let rows = pass.merge(
      try weights.norm("merger.norm"), try weights.linear("merger.linear_fc1", rows: merged, columns: merged),
      try weights.linear("merger.linear_fc2", rows: configuration.output, columns: merged))
    return VisionRows(
      kind: kind, groups: groups, height: height / configuration.mergeSize, width: width / configuration.mergeSize,
      rows: rows)
  }
}

/// A place in the tower whose states a test may look at.
package enum VisionStage: Sendable, Hashable {
  /// The embeddings before positions are added.
  case patchEmbedding
  /// The output of the block of this number, from 0.
  case block(Int)
}
