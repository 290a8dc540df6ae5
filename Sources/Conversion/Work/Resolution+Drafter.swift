import Checkpoint
import Inference
import Planning

extension Resolution {
  /// The resolution with the drafter that the manifest names, opened by the runner and checked against the source. A
  /// folder with a head alone has none.
  /// - Throws: `DrafterError`, `InferenceError` and `WeightMatrixError` for a drafter that the source cannot decode with;
  ///   `ConversionError.outputInsideInput(path:input:)`.
  func withDrafter() throws -> Resolution {
    guard target == .package, drafter == nil, let reference = manifest.drafter else { return self }
    let found = try DrafterInspection(reference, for: source)
    var resolution = self
    try resolution.take(
      DraftCheckpoint(
        reference, path: found.path, weights: found.weights, decoder: found.kind.rawValue,
        architecture: found.architecture, block: found.block, places: found.places, taps: found.taps))
    return resolution
  }
}
