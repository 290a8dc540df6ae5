import Checkpoint
import Digests
import Foundation
import Manifests
import Quantization

/// A manifest with everything that it names opened: folders, headers, pipeline. Nothing of the weights is read.
public struct Resolution: Sendable {
  public let manifest: Manifest
  public let pipeline: Pipeline
  /// The number format of `quantize` rules.
  public let format: QuantizationFormat
  public let thresholds: Thresholds
  public let source: CheckpointFolder
  public let donor: CheckpointFolder?
  public let trunk: Trunk
  /// The head of the package, and the folder that it comes from; nil without one.
  public let head: Head?
  /// Absolute path of the package.
  public let output: String

  /// - Parameters:
  ///   - pipelineFolders: where pipelines are looked up by name.
  ///   - output: overrides the manifest's output.
  public init(manifest path: String, pipelineFolders: [String], output override: String? = nil) throws {
    let manifest = try Manifest(path: path)
    self.manifest = manifest
    pipeline = try Pipeline(
      path: Pipeline.locate(
        manifest.pipeline, manifest: manifest.path, folders: pipelineFolders, place: manifest.pipelinePlace))
    format = try manifest.quantization?.over(pipeline.format) ?? pipeline.format
    thresholds = manifest.thresholds.over(pipeline.thresholds)
    let source = try CheckpointFolder(manifest.source)
    self.source = source
    trunk = try source.trunk()
    donor = try manifest.donor.map { try CheckpointFolder($0) }
    head = try Resolution.head(manifest, source: source, donor: donor)
    output = override ?? manifest.output
    try requireOutsideInputs(output)
  }

  /// Refuses a place to write that lies inside the source or the donor, also when a link leads there.
  func requireOutsideInputs(_ path: String) throws {
    for input in [source, donor].compactMap({ $0 })
    where (Resolution.real(path) + "/").hasPrefix(Resolution.real(input.path) + "/") {
      throw ConversionError.outputInsideInput(path: path, input: input.path)
    }
  }

  /// The path with every link followed, as far as it exists.
  private static func real(_ path: String) -> String {
    var url = URL(fileURLWithPath: path).standardizedFileURL
    var rest: [String] = []
    while url.path != "/", !FileManager.default.fileExists(atPath: url.path) {
      rest.insert(url.lastPathComponent, at: 0)
      url.deleteLastPathComponent()
    }
    return ([url.resolvingSymlinksInPath().path] + rest).joined(separator: "/")
  }

  /// The folder that the head comes from.
  public var headFolder: CheckpointFolder? { head == nil ? nil : donor ?? source }

  private static func head(_ manifest: Manifest, source: CheckpointFolder, donor: CheckpointFolder?) throws -> Head? {
    let own = source.headEvidence
    if let donor {
      let head = try donor.head(for: source)
      if own.isPresent, !identical(try source.head(for: source), in: source, head, in: donor) {
        throw HeadError.exists(path: source.path, tensors: own.tensors.count)
      }
      return head
    }
    if manifest.head == Manifest.HeadChoice.none { return nil }
    if own.isPresent { return try source.head(for: source) }
    if own.isBrokenPromise || manifest.head == .keep {
      throw HeadError.declaredMissing(
        path: source.path, declared: own.declaredLayers ?? 0, shards: source.shards.count, tensors: source.tensorCount)
    }
    return nil
  }

  /// Whether two heads have the same tensors with the same bytes.
  private static func identical(_ a: Head, in left: CheckpointFolder, _ b: Head, in right: CheckpointFolder) -> Bool {
    guard a.tensors.map(\.name) == b.tensors.map(\.name) else { return false }
    for (x, y) in zip(a.tensors, b.tensors) {
      guard x.dtype == y.dtype, x.transform == y.transform,
        let one = try? SourceReader(left).digest(x), let other = try? SourceReader(right).digest(y), one == other
      else { return false }
    }
    return true
  }
}
