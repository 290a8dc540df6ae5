import Diagnostics
import Files
import Safetensors
import StrictJSON
import SystemPackage

/// A model folder, opened: configuration, shard headers, index and the facts read from them. Only headers are read.
public struct CheckpointFolder: Sendable {
  /// Absolute path.
  public let path: FilePath
  /// How the manifest names it.
  public let reference: ModelReference
  /// `config.json`, and its bytes.
  public let config: JSONValue
  /// The bytes of `config.json`.
  public let configBytes: [UInt8]
  /// The numbers of `config.json`, checked.
  public internal(set) var model: ModelConfig
  /// The architecture's table.
  public let table: ArchitectureTable
  /// Every safetensors file of the folder, by name.
  public let shards: [Shard]
  /// Files that are copied verbatim, and those left out with the reason.
  public let sidecars: Sidecars
  /// Facts that are no errors but that a person wants to know.
  public internal(set) var notes: [String]
  /// Whether the folder is a drafter: a head alone, with names that lack `mtp.`.
  public let isDrafter: Bool
  /// How many tensors the index lists; nil without an index.
  public let indexedCount: Int?

  /// Names of all tensors, in byte order.
  public var tensorNames: [String] { places.names }

  /// Where the weights are when they are not in the folder; nil for a model that is on this machine.
  package let elsewhere: (any ModelElsewhere)?
  let small = SmallFiles()
  let listing: FolderListing
  /// The weights of an adapter beside the model's, which are not read here; nil without one.
  public let unmergedAdapter: String?
  /// Whether the folder holds an MLX conversion: the evidence, or nil for a Hugging Face checkpoint.
  ///
  /// Decided from packed tensors and from the layout of `conv1d` (`[C, 1, K]` in Hugging Face, `[C, K, 1]` in MLX),
  /// never from values. The head says nothing of the trunk.
  public let conversionEvidence: String?
  /// What `mtp/manifest.json` says; nil when there is none.
  let headManifest: JSONValue?

  // This is asked for each of hundreds of thousands of tensors, and so looked up once.
  /// `quantization_config`, or the content of ModelOpt's own file instead; nil when nothing is said of it.
  let quantizationConfig: JSONValue?
  /// Whether it is ModelOpt's own file that says it.
  let isQuantizedElsewhere: Bool
  /// `quant_method`, in small letters.
  let declaredMethod: String?
  /// The declared method; nil without one, and for one of which nothing is read.
  let quantizationMethod: QuantizationMethod?
  /// See ``QuantizationMethod/transposedForm(_:)``.
  let transposedForm: String?

  private let places: TensorPlaces
  /// Names of tensors that come one an expert, with `{e}` for the number.
  private let expertTemplates: Set<String>

  /// One safetensors file.
  public struct Shard: Sendable {
    /// The file's name in the folder.
    public let name: String
    /// The file, open, with its header.
    public let file: SafetensorsFile
    /// Whether the index lists it; true when there is no index.
    public let indexed: Bool
    /// What completes the names of its tensors: `mtp.` in a file of a head alone, else nothing.
    let completion: String

    /// The name under which a tensor of this file is known: complete with `mtp.` where the file leaves that out.
    func key(_ entry: TensorEntry) -> String {
      completion.isEmpty || HeadPrefix.of(entry.name) != nil ? entry.name : completion + entry.name
    }
  }

  /// Where a tensor is.
  public struct Place: Sendable {
    /// Index into ``CheckpointFolder/shards``.
    public let shard: Int
    /// The tensor in the shard's header.
    public let entry: TensorEntry
  }

  /// Opens a folder and reads configuration, index and all shard headers.
  /// - Parameters:
  ///   - reference: The folder, or a snapshot in the hub cache.
  ///   - root: A folder beneath which links may point, instead of the model's own.
  /// - Throws: ``CheckpointError``, `SafetensorsError`, `JSONError` or `FileError`.
  public init(_ reference: ModelReference, linksBeneath root: FilePath? = nil) throws {
    try self.init(reference, at: reference.resolve(), linksBeneath: root, elsewhere: nil)
  }

  /// Opens a model whose weights are elsewhere, and reads the same of it as of a folder.
  /// - Throws: as ``init(_:linksBeneath:)``, and what reading the weights there throws.
  package init(_ reference: ModelReference, elsewhere model: any ModelElsewhere) throws {
    try self.init(reference, at: model.folder, linksBeneath: nil, elsewhere: model)
  }

  private init(
    _ reference: ModelReference, at path: FilePath, linksBeneath root: FilePath?, elsewhere: (any ModelElsewhere)?
  ) throws {
    self.path = path
    self.reference = reference
    self.elsewhere = elsewhere
    guard try path.isFolder else { throw CheckpointError.folderMissing(path: path, isFile: try path.exists) }
    let listing = try FolderListing(path, linksBeneath: root, elsewhere: elsewhere?.names ?? [])
    try listing.require(FolderListing.isWeightsOrConfiguration)
    self.listing = listing
    headManifest = try CheckpointFolder.headManifest(path)
    unmergedAdapter = UnmergedAdapter.file(in: listing.files)
    guard listing.files.contains("config.json") else {
      if let unmergedAdapter,
        !listing.files.contains(where: { $0.hasBytes(atEnd: ".safetensors") && !UnmergedAdapter.holds($0) })
      {
        throw CheckpointError.adapterAlone(path: path, found: unmergedAdapter)
      }
      if listing.files.contains(where: { $0.hasBytes(atEnd: ".safetensors") }) {
        throw CheckpointError.configMissing(path: path)
      }
      throw listing.noSafetensors(path)
    }
    let configFile = path.appending("config.json")
    configBytes = try small.read(configFile, limit: 16 << 20)
    config = try JSONValue.parse(configBytes, file: configFile.string, maxValues: JSONValue.modestCount)
    let stated = CheckpointFolder.quantizationConfig(config)
    var beside: JSONValue?
    if stated == nil, config["quantization"] == nil, listing.files.contains(ModelOptFile.name) {
      let file = path.appending(ModelOptFile.name)
      beside = try ModelOptFile.read(small.read(file, limit: 16 << 20), file: file.string)
    }
    isQuantizedElsewhere = beside != nil
    quantizationConfig = stated ?? beside
    declaredMethod = quantizationConfig?["quant_method"]?.stringValue?.lowercased()
    quantizationMethod = declaredMethod.flatMap(QuantizationMethod.init)
    transposedForm = quantizationConfig.flatMap { [quantizationMethod] in quantizationMethod?.transposedForm($0) }
    let weightNames = (listing.files + listing.nestedHead).filter {
      $0.hasBytes(atEnd: ".safetensors") && !UnmergedAdapter.holds($0)
    }
    guard !weightNames.isEmpty else { throw listing.noSafetensors(path) }
    model = try ModelConfig(config, file: configFile.string)
    guard let table = ArchitectureTable.named(model.modelType) else {
      throw CheckpointError.architectureUnknown(file: configFile.string, modelType: model.modelType)
    }
    self.table = table

    let isDrafter = config["model_type"]?.stringValue == ModelConfig.drafterType
    self.isDrafter = isDrafter
    let index = try WeightIndex.read(folder: path, names: listing.files)
    try index?.requireShards(present: Set(weightNames.map(UTF8Name.init)))
    indexedCount = index?.tensors.count
    var shards: [Shard] = []
    var notes = unmergedAdapter.map { ["\($0) is an adapter that is not merged into the weights"] } ?? []
    for name in weightNames {
      let nested = name.contains("/")
      // A head in the folder's own files goes before a copy for another reader in a folder below.
      if nested, shards.contains(where: { $0.file.header.tensors.contains { HeadPrefix.of($0.name) != nil } }) {
        notes.append("\(name) is not read: the head lies in the folder itself, too")
        continue
      }
      // Names are kept once, whether it is the index that has them, or a header.
      let file =
        try elsewhere?.shard(name) ?? SafetensorsFile(path: path.appending(name), sharing: index?.tensors ?? [])
      if index?.makesRedundant(name, file.header, table) == true {
        notes.append("\(name) is not read: the index has each of its tensors in another file")
        continue
      }
      shards.append(
        Shard(
          name: name, file: file,
          indexed: index?.shards.contains(UTF8Name(name)) ?? true,
          completion: nested || isDrafter ? "mtp." : ""))
    }
    self.shards = shards
    try CheckpointFolder.requireCountable(shards, path: path)
    conversionEvidence = CheckpointFolder.conversionEvidence(shards)
    var naming = TensorNaming(table, isRaw: !isDrafter && conversionEvidence == nil)
    places = try TensorPlaces(shards) { naming.canonical($0) }
    // One by one: a set of a whole list has room for each of its names from the start.
    expertTemplates = places.names.reduce(into: []) { templates, name in
      if let template = CheckpointFolder.expertTemplate(name) { templates.insert(template) }
    }
    notes += try index?.compare(with: shards) ?? []
    if ModelConfig.isFlatWrapper(config) {
      notes.append(
        "config.json has no text_config: the text model's fields are read from the top level, as mlx-lm does")
    }
    if isQuantizedElsewhere {
      notes.append("config.json says nothing of quantization: \(ModelOptFile.name) beside it is read")
    }
    if let note = LocalFetch.note(path, names: ["config.json"] + weightNames) { notes.append(note) }
    self.notes = notes + naming.notes
    sidecars = Sidecars(listing.files)
    try untieDifferingOutput()
    tieMissingOutput()
  }

  /// The place of a tensor.
  public subscript(tensor: String) -> Place? {
    places[tensor].map { location in
      let shard = Int(location.shard)
      return Place(shard: shard, entry: shards[shard].file.header.tensors[Int(location.entry)])
    }
  }

  /// The name of a tensor in the memory that this folder has of it already; one that it has not stays as it is.
  func shared(_ tensor: String) -> String { places.kept(tensor) ?? tensor }

  /// Whether the folder holds any expert of a template such as `….experts.{e}.up_proj.weight`.
  func hasExperts(_ template: String) -> Bool { expertTemplates.contains(template) }

  /// `a.experts.7.b` as `a.experts.{e}.b`; nil for a name without a numbered expert.
  private static func expertTemplate(_ name: String) -> String? {
    guard name.hasBytes(anywhere: ".experts.") else { return nil }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let at = parts.firstIndex(of: "experts"), at + 1 < parts.count, JSONInteger.natural(parts[at + 1]) != nil
    else {
      return nil
    }
    parts[at + 1] = "{e}"
    return parts.joined(separator: ".")
  }

  /// How many tensors the shards have together.
  public var tensorCount: Int { places.names.count }

  /// All tensors have fewer bytes than this: whatever is made of them, and added up, an `Int` counts.
  private static let mostBytes = 1 << 56

  private static func requireCountable(_ shards: [Shard], path: FilePath) throws {
    let bytes = CheckedSum(shards.lazy.flatMap { $0.file.header.tensors.lazy.map(\.byteCount) })
    guard let total = bytes.value, total < mostBytes else {
      throw CheckpointError.tooLarge(path: path, most: mostBytes, found: "\(bytes)")
    }
  }

  /// Bytes of all tensors.
  public var tensorBytes: Int { shards.reduce(0) { $0 + $1.file.header.tensors.reduce(0) { $0 + $1.byteCount } } }

  /// The commit of a model from the hub cache; nil for a plain folder.
  public var commit: String? {
    guard case .hub = reference else { return nil }
    return path.name
  }

  /// The path of `config.json`.
  public var configPath: FilePath { path.appending("config.json") }

  /// Path of the shard that holds a tensor.
  public func shardPath(of place: Place) -> FilePath { path.appending(shards[place.shard].name) }
}
