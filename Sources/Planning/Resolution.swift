import Adapters
import Checkpoint
import Manifests
import Quantization
import StrictJSON
import SystemPackage

/// A manifest with everything that it names opened: folders, headers, pipeline. Nothing of the weights is read.
public struct Resolution: Sendable {
  /// The manifest.
  public let manifest: Manifest
  /// The pipeline that it names.
  public let pipeline: Pipeline
  /// The number format of `quantize` rules.
  public let format: QuantizationFormat
  /// What verification demands: the pipeline's thresholds under the manifest's.
  public let thresholds: Thresholds
  /// How large the package may become; nil where rules alone decide.
  public let budget: Budget?
  /// What the budget is spent by; nil without one.
  public let sensitivity: Sensitivity?
  /// What error feedback goes by; nil without it.
  public let calibration: Calibration?
  /// Whether what a plan needs is to be made: the plan then has neither budget nor feedback.
  let isMeasuring: Bool
  /// What decoding is checked with before the package is published; nil for no check.
  public let check: DecodeCheck?
  /// Whether the command line leaves out a check that manifest or pipeline ask for.
  package let leavesCheckOut: Bool
  /// What a person wrote for the card; nil for nothing, and for a folder beside the package.
  package let cardText: CardText?
  /// The model that is converted.
  public let source: CheckpointFolder
  /// The model that the head is taken from; nil for none.
  public let donor: CheckpointFolder?
  /// What is merged into the source; nil for nothing.
  public let adapter: Adapter?
  /// The drafter that goes into the package; nil for none, and until ``take(_:)``.
  public private(set) var drafter: DraftCheckpoint?
  /// The source's tensors without the head.
  public let trunk: Trunk
  /// The head, and the folder that it comes from; nil without one.
  public let head: Head?
  /// What proves that head and trunk belong together; nil without a head.
  public let pairing: Pairing?
  /// Which of the manifest's folders this is.
  public let target: PackageTarget
  /// Absolute path of the package.
  public let output: FilePath
  /// Absolute path of the package that the manifest or a person names; that of the drafter's folder is beside it.
  private let place: FilePath

  /// - Parameters:
  ///   - path: the manifest.
  ///   - pipelineFolders: where pipelines are looked up by name.
  ///   - override: overrides the manifest's output.
  ///   - target: the package, or the drafter's folder beside it.
  public init(
    manifest path: FilePath, pipelineFolders: [FilePath], output override: FilePath? = nil,
    target: PackageTarget = .package
  ) throws {
    try self.init(Manifest(path: path), pipelineFolders: pipelineFolders, output: override, target: target)
  }

  /// The same as ``init(manifest:pipelineFolders:output:target:)``, for a manifest that is read already.
  /// - Parameters:
  ///   - manifest: the manifest.
  ///   - pipelineFolders: where pipelines are looked up by name.
  ///   - override: overrides the manifest's output.
  ///   - target: the package, or the drafter's folder beside it.
  ///   - measuring: whether what a budget is spent by is to be made: the plan then has no budget.
  public init(
    _ manifest: Manifest, pipelineFolders: [FilePath], output override: FilePath? = nil,
    target: PackageTarget = .package, measuring: Bool = false
  ) throws {
    try self.init(
      manifest, pipelineFolders: pipelineFolders, output: override, target: target, measuring: measuring, opener: nil)
  }

  /// The same as ``init(_:pipelineFolders:output:target:measuring:)``, where a model may stay on the hub. `opener` opens such
  /// a model; nil for a program that does not use the network. `leavesCheckOut` leaves out a decode check, whoever asks for it.
  package init(
    _ manifest: Manifest, pipelineFolders: [FilePath], output override: FilePath? = nil,
    target: PackageTarget = .package, measuring: Bool = false, leavesCheckOut: Bool = false,
    opener: ((HubReference, ModelRequest.Use) throws -> any ModelElsewhere)?
  ) throws {
    self.target = target
    self.manifest = manifest
    pipeline = try Pipeline(
      path: Pipeline.locate(
        manifest.pipeline, manifest: manifest.path, folders: pipelineFolders, place: manifest.pipelinePlace))
    format = try manifest.quantization?.over(pipeline.format) ?? pipeline.format
    thresholds = manifest.thresholds.over(pipeline.thresholds)
    let asked = DecodeCheck.resolve(manifest: manifest.check, pipeline: pipeline.check)
    self.leavesCheckOut = leavesCheckOut && asked != nil
    check = leavesCheckOut ? nil : asked
    cardText = try target == .package ? manifest.card.map(CardText.init) : nil
    let source = try Resolution.open(manifest.source, .source, opener)
    self.source = source
    try source.requireSidecars()
    let adapter = try Resolution.adapter(manifest, source: source)
    self.adapter = adapter
    if adapter != nil, measuring || manifest.calibration != nil || manifest.sensitivity != nil {
      throw AdapterError.measured(
        manifest: manifest.path.string,
        found: measuring ? "an adapter" : "an adapter, with a file that was made of its base")
    }
    (budget, sensitivity) =
      measuring
      ? (manifest.budget ?? pipeline.budget, nil) : try Resolution.budget(manifest, pipeline, source: source)
    isMeasuring = measuring
    calibration = try measuring ? nil : Resolution.calibration(manifest, source: source)
    trunk = try adapter?.merged(into: source.trunk(), of: source) ?? source.trunk()
    donor = try manifest.donor.map { try Resolution.open($0, .donor, opener) }
    try donor?.requireCard()
    let head = try Resolution.head(manifest, source: source, donor: donor)
    self.head = head
    pairing = head == nil ? nil : try Resolution.pairing(manifest, source: source, donor: donor)
    place = override ?? manifest.output
    output = place.appending(suffix: target.suffix)
    try requireLayouts()
    try requireOutsideInputs(output)
    try requireSourceHere()
  }

  private static func open(
    _ reference: ModelReference, _ use: ModelRequest.Use,
    _ opener: ((HubReference, ModelRequest.Use) throws -> any ModelElsewhere)?
  ) throws -> CheckpointFolder {
    guard let remote = reference.remote, let opener else { return try CheckpointFolder(reference) }
    return try CheckpointFolder(reference, elsewhere: opener(remote, use))
  }

  /// The same manifest with what it opened, for another of the folders that it asks for.
  /// - Throws: ``ConversionError/outputInsideInput(path:input:)``.
  package init(_ other: Resolution, target: PackageTarget) throws {
    manifest = other.manifest
    pipeline = other.pipeline
    format = other.format
    thresholds = other.thresholds
    check = other.check
    leavesCheckOut = other.leavesCheckOut
    budget = other.budget
    sensitivity = other.sensitivity
    calibration = other.calibration
    isMeasuring = other.isMeasuring
    cardText = target == .package ? other.cardText : nil
    source = other.source
    donor = other.donor
    adapter = other.adapter
    trunk = other.trunk
    head = other.head
    pairing = other.pairing
    place = other.place
    self.target = target
    output = place.appending(suffix: target.suffix)
    try requireOutsideInputs(output)
  }

  /// Takes the drafter that the manifest names.
  /// - Throws: ``ConversionError/outputInsideInput(path:input:)``.
  package mutating func take(_ drafter: DraftCheckpoint) throws {
    self.drafter = drafter
    try requireOutsideInputs(output)
  }

  /// The folder that the tensors of an origin are read from.
  package func folder(_ origin: TensorOrigin) -> CheckpointFolder {
    origin == .head ? headFolder ?? source : source
  }

  /// The lock file: beside the manifest, one for each folder that is made.
  package var lockPath: FilePath {
    let path = manifest.lockPath
    guard target != .package else { return path }
    let ending = path.name.hasBytes(atEnd: ".lock.json") ? ".lock.json" : ".lock"
    return path.folder.appending(path.name.dropLast(ending.count) + target.suffix + ending)
  }

  /// Refuses a place to write that is inside the source, the donor or another input, also when a link leads there, or a mount.
  package func requireOutsideInputs(_ path: FilePath) throws {
    for input in [source.path, donor?.path, adapter?.path, drafter?.path].compactMap({ $0 })
    where try path.isInside(Resolution.home(of: input.resolvingLinks)) {
      throw ConversionError.outputInsideInput(path: path, input: input)
    }
  }

  /// Files and folders that are read: no result of a command takes their place.
  package var inputPaths: [FilePath] {
    [manifest.path, source.path, donor?.path, adapter?.path, drafter?.path, manifest.sensitivity, manifest.calibration]
      .compactMap { $0 }
  }

  /// Of a snapshot in the hub's cache, whose files are links to what lies beside it, the folder of the model; else the input.
  private static func home(of input: FilePath) -> FilePath {
    let model = input.folder.folder
    return input.folder.name == "snapshots" && model.name.hasPrefix("models--") ? model : input
  }

  /// The folder that the head comes from.
  public var headFolder: CheckpointFolder? { head == nil ? nil : donor ?? source }

  private static func head(_ manifest: Manifest, source: CheckpointFolder, donor: CheckpointFolder?) throws -> Head? {
    let own = source.headEvidence
    if let donor {
      let head = try donor.head(for: source, norms: manifest.headNorms)
      if manifest.head != .replace, own.isPresent,
        try !identical(source.head(for: source), in: source, head, in: donor)
      {
        throw HeadError.exists(path: source.path, tensors: own.tensors.count)
      }
      return head
    }
    if manifest.head == Manifest.HeadChoice.none { return nil }
    if own.isPresent { return try source.head(for: source, norms: manifest.headNorms) }
    if own.isBrokenPromise || manifest.head == .keep {
      throw HeadError.declaredMissing(
        path: source.path, declared: own.declaredLayers ?? 0, shards: source.shards.count, tensors: source.tensorCount)
    }
    return nil
  }

  /// What proves that donor and source belong together.
  /// - Throws: `HeadError/foreign` when they do not, and the manifest does not consent.
  private static func pairing(
    _ manifest: Manifest, source: CheckpointFolder, donor: CheckpointFolder?
  ) throws -> Pairing {
    guard let donor else { return Pairing(verdict: .same, evidence: ["the head is the source's own"]) }
    let bases = try [manifest.baseModel].compactMap { $0 } + SourceCard(folder: source).baseModels
    let pairing = try source.pairing(with: donor, baseModels: bases)
    if pairing.verdict == .foreign, !manifest.foreign {
      throw HeadError.foreign(
        path: donor.path, source: source.name, evidence: pairing.evidence.joined(separator: "; "))
    }
    return pairing
  }

  /// Refuses a layout that breaks a reader of this architecture, or that no reader of it knows.
  private func requireLayouts() throws {
    guard head != nil, source.model.modelType == "qwen3_next" else { return }
    for layout in manifest.layouts {
      let reason: String
      switch layout {
      case .sidecar, .drafter: continue
      case .indexed: reason = "mlx-vlm follows the index and refuses a qwen3_next trunk that lists mtp.*"
      case .mtpFolder: reason = "vllm-mlx, which it is for, looks for a head of qwen3_next elsewhere"
      }
      throw ConversionError.headLayout(manifest: manifest.path, layout: layout.rawValue, reason: reason)
    }
  }

  /// The budget with what it is spent by.
  private static func budget(
    _ manifest: Manifest, _ pipeline: Pipeline, source: CheckpointFolder
  ) throws -> (Budget?, Sensitivity?) {
    guard let budget = manifest.budget ?? pipeline.budget else {
      guard manifest.sensitivity != nil else { return (nil, nil) }
      throw SensitivityError.unpaired(
        place: manifest.path.string, expected: "a budget in the manifest or its pipeline", found: "none")
    }
    guard let path = manifest.sensitivity else {
      throw SensitivityError.unpaired(
        place: manifest.path.string, expected: "a sensitivity file for the budget of \(budget.words)", found: "none")
    }
    let sensitivity = try Sensitivity(path: path)
    if let text = budget.text, text != sensitivity.text.digest {
      throw SensitivityError.text(file: path.string, expected: text.hex, found: sensitivity.text.digest.hex)
    }
    let own = try source.fingerprint()
    guard own == sensitivity.fingerprint else {
      throw SensitivityError.model(
        file: path.string, expected: "\(source.name), fingerprint \(own.hex)",
        found: "\(sensitivity.model), fingerprint \(sensitivity.fingerprint.hex)")
    }
    return (budget, sensitivity)
  }

  /// The calibration file that the manifest names.
  private static func calibration(_ manifest: Manifest, source: CheckpointFolder) throws -> Calibration? {
    guard let path = manifest.calibration else { return nil }
    let calibration = try Calibration(path: path)
    let own = try source.fingerprint()
    guard own == calibration.fingerprint else {
      throw CalibrationError.model(
        file: path.string, expected: "\(source.name), fingerprint \(own.hex)",
        found: "\(calibration.model), fingerprint \(calibration.fingerprint.hex)")
    }
    return calibration
  }

  /// Whether two heads have the same tensors with the same bytes.
  private static func identical(
    _ a: Head, in left: CheckpointFolder, _ b: Head, in right: CheckpointFolder
  ) throws -> Bool {
    // What is not on this machine would be moved for it, before anybody was told how much that is.
    guard left.elsewhere == nil, right.elsewhere == nil else { return false }
    guard a.tensors.map(\.name) == b.tensors.map(\.name) else { return false }
    for (x, y) in zip(a.tensors, b.tensors) {
      guard x.dtype == y.dtype, x.transform == y.transform,
        try SourceReader(left).digest(x) == SourceReader(right).digest(y)
      else { return false }
    }
    return true
  }
}
