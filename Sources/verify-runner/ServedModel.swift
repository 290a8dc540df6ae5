import Checking
import Diagnostics
import Digests
import Inference
import Serving
import StrictJSON
import SystemPackage
import Threads

/// A model that is opened to answer requests.
struct ServedModel {
  let model: LoadedModel
  let text: TextModel
  /// Nil for a model without a tower.
  let vision: VisionPrompts?
  private let arithmetic: Arithmetic
  private let facts: PackageFacts

  /// - Throws: what the model, its tokenizer or its template is refused for.
  init(_ package: String, drafters: [String], context: Int?, runner: RunnerOptions) throws {
    try runner.arithmetic.check()
    model = try LoadedModel.open(package, drafters: drafters)
    arithmetic = runner.arithmetic
    facts = try PackageFacts(model.path)
    text = try TextModel(
      PromptEncoder(folder: model.path), folder: model.path, context: context,
      vocabulary: model.configuration.vocabulary)
    do {
      vision = try VisionPrompts(model, threads: runner.threads)
    } catch InferenceError.towerMissing {
      vision = nil
    }
  }

  /// The fingerprint of the package, the build and the arithmetic: the same fingerprint, the same answers.
  func fingerprint() throws -> String {
    let sums = model.path.appending("SHA256SUMS")
    // A folder that is no package has no sums; one whose sums cannot be read is an error.
    let file = try sums.exists ? sums : model.path.appending("config.json")
    let digest = try digestOfFile(atPath: file).digest
    return "fp_\(digest.hex.prefix(12))_\(Release.version)_\(arithmetic.rawValue)"
  }

  /// What lists say of the model.
  var meta: [(String, JSONValue)] {
    let summary = ModelSummary(model)
    return [
      ("architecture", .string(summary.modelType)), ("package", .bool(summary.isPackage)),
      ("layers", .int(summary.layers)), ("vocabulary", .int(summary.vocabulary)), ("head", .bool(summary.hasHead)),
      ("vision", .bool(vision != nil)), ("arithmetic", .string(arithmetic.rawValue)),
      ("state_bytes_per_token", .int(summary.stateBytesPerToken)), ("state_bytes", .int(summary.fixedStateBytes)),
      ("decoders", .array(decoders.map(JSONValue.string))),
    ] + facts.members
  }

  private var decoders: [String] {
    let named: [DecodingMethod] = [.vanilla, .lookup(), .adaptive(), .dflash(), .eagle3(), .hybrid()]
    let head = DecodingMethod.adaptive().missing(of: model) == nil ? ["mtp"] : []
    return named.filter { $0.missing(of: model) == nil }.map(\.name) + head + ["auto"]
  }

  /// The decoding of a name, for requests.
  func method() -> @Sendable (String) throws(APIError) -> DecodingMethod {
    let (model, decoders) = (model, decoders)
    return { (name) throws(APIError) in
      guard let method = name == "auto" ? DecodingMethod.best(of: model) : DecodingMethod(name: name),
        method.missing(of: model) == nil
      else {
        throw APIError(
          .invalid,
          "decoder: this server has no decoder \(name.prefix(40)); it has \(decoders.joined(separator: ", "))",
          param: "decoder", code: "unknown_decoder")
      }
      return method
    }
  }
}
