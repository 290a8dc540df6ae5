import SystemPackage

extension Manifest {
  /// The manifest that makes, of the same source with the same adapter, a copy in which every value is as a conversion
  /// reads it: without a head, quantized by nothing, checked by nothing.
  /// - Parameters:
  ///   - pipeline: A pipeline that keeps every tensor.
  ///   - output: Where the copy would be published.
  package func copyingSource(pipeline: FilePath, output: FilePath) -> Manifest {
    var copy = self
    copy.donor = nil
    copy.drafter = nil
    copy.pipeline = pipeline.string
    copy.quantization = nil
    copy.rules = []
    copy.thresholds = Thresholds()
    copy.check = .off
    copy.budget = nil
    copy.sensitivity = nil
    copy.calibration = nil
    copy.head = Manifest.HeadChoice.none
    copy.layouts = [.sidecar]
    copy.readers = []
    copy.card = nil
    copy.output = output
    return copy
  }
}
