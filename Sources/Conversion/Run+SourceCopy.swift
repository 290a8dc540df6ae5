import Checkpoint
import Files
import Manifests
import Planning
import SystemPackage

/// The source as the conversion reads it, for a comparison: what is quantized in a format that the runner does not read is
/// dequantized, and an adapter is merged, by the code that makes the package. It is made in a work folder of its own within
/// that of the check, and goes with it.
struct SourceCopy {
  /// What the runner opens.
  let folder: CheckpointFolder
  private let work: WorkFolder

  /// - Throws: what a conversion throws; `ConversionError.stopped(resume:)`.
  init(_ resolution: Resolution, _ options: RunOptions, in check: FilePath) throws {
    let path = check.appending(WorkFolder.sourceCopy)
    // Nothing is written there: the run ends before.
    let output = path.appending(suffix: ".package")
    work = WorkFolder(path: path)
    try SourceCopy.remove(work)
    try Folder.create(path)
    do {
      let pipeline = check.appending(WorkFolder.copyPipeline)
      try AtomicFile.write(Array(SourceCopy.keepsAll.utf8), to: pipeline)
      defer { try? Folder.removeTree(pipeline) }
      var options = options
      options.work = path
      options.output = output
      options.pipelineFolders = []
      options.until = .quantize
      // The lock file is the conversion's own, whose inputs these are.
      options.pins = false
      options.locked = false
      options.opener = nil
      options.target = .package
      let manifest = resolution.manifest.copyingSource(pipeline: pipeline, output: output)
      let run = try Run(manifest, options)
      // It is a part of one stage, and its own stages are not reported.
      _ = try run.execute(SilentRun())
      let staged = try StagedPackage(
        run.forecast.files, at: work.folder(.check).appending(StagedPackage.name), source: run.resolution.source,
        weights: work.folder(.quantize), linksBeneath: path)
      folder = try staged.open()
    } catch {
      try? SourceCopy.remove(work)
      throw error
    }
  }

  /// Removes the copy, of its folder what a run made.
  private static func remove(_ work: WorkFolder) throws {
    if try linkStatus(work.path)?.isFolder == true { _ = try work.clean { _ in [] } }
  }

  /// The folder, and what removes it.
  var opened: (folder: CheckpointFolder, remove: () -> Void) {
    (folder, { [work] in try? SourceCopy.remove(work) })
  }

  /// A pipeline that changes nothing.
  private static let keepsAll =
    WorkFolder.copyPipelineBeginning + """
      "summary": "The source as it is read.", "quantization": {"mode": "affine"}, \
      "rules": [{"match": "**", "treatment": "keep"}]}

      """
}

extension Run {
  /// A run of a manifest that has no file: nothing is opened on the hub.
  init(_ manifest: Manifest, _ options: RunOptions) throws {
    try self.init(
      Resolution(manifest, pipelineFolders: options.pipelineFolders, output: options.output, target: options.target),
      options)
  }
}
