import Checkpoint
import Files
import Manifests
import Planning
import StrictJSON
import SystemPackage

/// The manifest that `init` writes for a folder.
public struct ManifestTemplate {
  /// The manifest.
  public let json: JSONValue
  /// What the user should know.
  public let notes: [String]

  /// - Parameters:
  ///   - source: The model's folder, or `hub:org/name@commit`.
  ///   - donor: The head's model; nil for none.
  ///   - pipeline: Name of a pipeline, or path of a file.
  ///   - baseModel: The base model for the card; nil to leave it to the source's card.
  ///   - output: The package's folder; nil for one that is named after source and pipeline.
  ///   - path: absolute path that the manifest will have; paths in it are relative to its folder.
  ///   - pipelineFolders: where pipelines are looked up by name.
  /// - Throws: `CheckpointError` when the folder is not a checkpoint; whatever a run of the manifest would refuse.
  public init(
    source: String, donor: String?, pipeline: String, baseModel: String? = nil, output: String?,
    manifest path: FilePath, pipelineFolders: [FilePath]
  ) throws {
    let base = path.absolute.folder
    let folder = try CheckpointFolder(ModelReference(typed: source))
    let trunk = try folder.trunk()
    if let evidence = trunk.conversion, trunk.isPacked, pipeline != "graft-only" {
      throw CheckpointError.alreadyConverted(path: folder.path, evidence: evidence)
    }
    let reference = { (text: String) -> String in
      text.hasPrefix("hub:") ? text : relativePath(FilePath(typed: text).absolute, from: base)
    }
    let place = { (text: String) -> String in relativePath(FilePath(untrusted: text).absolute, from: base) }
    var members: [(String, JSONValue)] = [("cambium", .int(1)), ("source", .string(reference(source)))]
    if let schema = ManifestTemplate.schema(beside: pipelineFolders) {
      members.insert(("$schema", .string(relativePath(schema, from: base))), at: 0)
    }
    var notes: [String] = []
    let evidence = folder.headEvidence
    if let donor {
      let head = try CheckpointFolder(ModelReference(typed: donor)).head(
        for: folder)
      members.append(("donor", .string(reference(donor))))
      notes.append("the head's \(head.evidence.tensors.count) tensors come from the donor and fit")
    } else if evidence.isPresent {
      notes.append("the source has its own head: \(evidence.tensors.count) tensors")
    } else {
      members.append(("head", "none"))
      notes.append(
        evidence.isBrokenPromise
          ? "config.json promises an MTP head that is not there: name a donor instead of \"head\": \"none\" to graft one"
          : "the source has no MTP head")
    }
    members.append(("pipeline", .string(pipeline)))
    if let baseModel { members.append(("base_model", .string(baseModel))) }
    let name = ManifestTemplate.name(of: folder)
    let recipe = pipeline.hasSuffix(".json") ? FilePath(untrusted: pipeline).stem ?? pipeline : pipeline
    members.append(("output", .string(output.map(place) ?? literal("\(name)-\(recipe)"))))
    // What is missing is added, each once, until a run would take it.
    var (isTaken, isMeasured, isUnchecked) = (false, false, false)
    while !isTaken {
      do {
        try Run.require(
          JSONWriter.pretty(.object(members)), at: path, pipelineFolders: pipelineFolders, measuring: isMeasured)
        isTaken = true
      } catch SensitivityError.unpaired(_, _, _) where !isMeasured {
        // It is made from the manifest, which has to be there first.
        isMeasured = true
        let file = Sensitivity.path(beside: path).name
        members.append(("sensitivity", .string(literal(file))))
        notes.append("the pipeline's budget is spent by \(file), which cambium measure makes: call it before a run")
      } catch ConversionError.checkMissing(_, let reason) where !isUnchecked {
        isUnchecked = true
        members.append(("check", .object([("optional", true)])))
        notes.append("decoding will not be checked: \(reason)")
      }
    }
    json = .object(members)
    self.notes = notes
  }
}

extension ManifestTemplate {
  /// What a model is called in names of files: after its repository on the hub, whose snapshots are called after commits,
  /// else after its folder.
  static func name(of folder: CheckpointFolder) -> String {
    if case .hub(let hub) = folder.reference {
      return FilePath(untrusted: hub.repository).lastComponent?.string ?? "model"
    }
    return folder.path.lastComponent?.string ?? "model"
  }

  /// The schema of manifests, which is near the shipped pipelines, for editors; nil where there is none.
  private static func schema(beside folders: [FilePath]) -> FilePath? {
    let names = ["manifest.schema.json", "manifests/manifest.schema.json"]
    return folders.lazy.flatMap { folder in names.map { folder.absolute.folder.appending($0) } }
      .first { (try? $0.exists) == true }
  }
}

/// `path` as seen from `base`; both absolute.
func relativePath(_ path: FilePath, from base: FilePath) -> String {
  let target = path.components.map(\.string)
  let start = base.components.map(\.string)
  let common = zip(target, start).prefix { $0 == $1 }.count
  let up = Array(repeating: "..", count: start.count - common)
  let parts = up + target.dropFirst(common)
  return literal(parts.isEmpty ? "." : parts.joined(separator: "/"))
}

/// A relative path as a manifest takes it for one: some beginnings mean something else there.
private func literal(_ path: String) -> String {
  path.hasPrefix("~") || path.hasPrefix("hub:") ? "./" + path : path
}
