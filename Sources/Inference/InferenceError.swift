import Diagnostics
import SystemPackage

/// What running a model can refuse.
public enum InferenceError: CambiumError, Equatable {
  /// The configuration asks for something that the runner does not compute.
  case unsupported(file: String, feature: String, expected: String, found: String)
  /// The quantization block of a package contradicts its tensors.
  case quantization(file: String, module: String, expected: String, found: String)
  /// A tensor has a dtype that the runner does not read there.
  case dtype(file: String, tensor: String, expected: String, found: String)
  /// A weight file could not be mapped into memory.
  case mapping(file: String, reason: String)
  /// A weight file changed between the reading of its header and its mapping.
  case changed(file: String)
  /// MTP decoding was asked of a model without a head.
  case headMissing(path: FilePath)
  /// Decoding with a drafter was asked of a model that was opened without one of the kind.
  case drafterMissing(path: FilePath, kind: String)
  /// A logit of the model or of its head is NaN or infinite; nothing is chosen or measured by it.
  case logits(model: String, of: String, position: Int, token: Int)
  /// The constraint on an answer allows none of the model's tokens.
  case constraint(position: Int)
  /// A decoding option is out of range.
  case option(name: String, expected: String, found: String)
  /// The machine does not have the arithmetic that was asked for.
  case arithmetic(name: String, expected: String)
  /// A library that is loaded at run time is not installed.
  case libraryMissing(name: String)
  /// Images were given to a model without a vision tower.
  case towerMissing(path: FilePath)
  /// `preprocessor_config.json` and the vision tower differ in the size of patches or blocks.
  case imageSettings(file: String, expected: String, found: String)
  /// There are more images, or fewer, than places for them in the prompt.
  case imagePlaces(expected: String, found: String)
  /// A prompt cannot be run: it is empty, or a token of it is outside the vocabulary.
  case prompt(expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .unsupported(let file, let feature, let expected, let found):
      Diagnostic(
        "E_MODEL_UNSUPPORTED", "the runner does not compute \(feature)", file: file, expected: expected, found: found,
        next: "no released model of the family needs it; compare with the config.json of the release",
        exit: .badInput)
    case .quantization(let file, let module, let expected, let found):
      Diagnostic(
        "E_PACKAGE_QUANTIZATION", "the quantization of a module contradicts its tensors", file: file, tensor: module,
        expected: expected, found: found, next: "convert the model again, or correct the entry in config.json",
        exit: .badInput)
    case .dtype(let file, let tensor, let expected, let found):
      Diagnostic(
        "E_PACKAGE_DTYPE", "a tensor has a dtype that the runner does not read", file: file, tensor: tensor,
        expected: expected, found: found,
        next:
          "of a package: convert the model again; of a checkpoint in this format: convert it with the pipeline graft-only, and take that package; the decode check of cambium run compares with the checkpoint itself",
        exit: .badInput)
    case .mapping(let file, let reason):
      Diagnostic(
        "E_MAP", "a weight file cannot be mapped into memory", file: file, found: reason,
        next: "check permissions and the limit on address space (ulimit -v)", exit: .io)
    case .changed(let file):
      Diagnostic(
        "E_MAP_CHANGED", "a weight file changed while the model was being opened", file: file,
        expected: "the file whose header was read", found: "another size, time or file",
        next: "make sure that nothing writes the folder, then run the same command again", exit: .io)
    case .headMissing(let path):
      Diagnostic(
        "E_HEAD_MISSING", "the model has no MTP head to draft with", file: path, expected: "tensors named mtp.*",
        found: "none", next: "decode without MTP, or convert the model with a donor", exit: .badInput)
    case .drafterMissing(let path, let kind):
      Diagnostic(
        "E_DRAFTER_MISSING", "the model has no drafter of the kind that was asked for", file: path, expected: kind,
        found: "none", next: "give its folder with --drafter, or take another --decoder", exit: .badInput)
    case .logits(let model, let pass, let position, let token):
      Diagnostic(
        "E_LOGITS", "the model computes numbers that are none", file: model, expected: "finite logits",
        found: "the logit of token \(token) behind position \(position) is not finite, of the \(pass)",
        next: "a weight is damaged: cambium verify names tensors of a package that hold NaN or infinity",
        exit: .badInput)
    case .constraint(let position):
      Diagnostic(
        "E_CONSTRAINT", "no token of the model continues the form that an answer is held to",
        expected: "a token for every text of the form", found: "none behind position \(position)",
        next: "ask for another form: the tokenizer has no tokens for parts of this one", exit: .badInput)
    case .option(let name, let expected, let found):
      Diagnostic(
        "E_DECODING_OPTION", "a decoding option is out of range: \(name)", expected: expected, found: found,
        next: "give a value in the range", exit: .usage)
    case .arithmetic(let name, let expected):
      Diagnostic(
        "E_ARITHMETIC", "this machine does not have the arithmetic that was asked for", expected: expected,
        found: "\(name) was asked of a processor without them, or CAMBIUM_SIMD hides them",
        next: "leave --arithmetic out: the canonical arithmetic runs everywhere", exit: .usage)
    case .libraryMissing(let name):
      Diagnostic(
        "E_LIBRARY_MISSING", "\(name) is not installed, which the products of the vision tower need",
        next: "install it: apt-get install libopenblas0, or brew install openblas", exit: .missingInput)
    case .towerMissing(let path):
      Diagnostic(
        "E_TOWER_MISSING", "the model has no vision tower", file: path,
        expected: "tensors named vision_tower.* or "
          + "model.visual.*, and vision_config", found: "none",
        next: "leave the images out, or convert the model with its tower", exit: .badInput)
    case .imageSettings(let file, let expected, let found):
      Diagnostic(
        "E_IMAGE_SETTINGS", "the settings for images contradict the vision tower", file: file, expected: expected,
        found: found, next: "take preprocessor_config.json and config.json of one and the same model",
        exit: .badInput)
    case .imagePlaces(let expected, let found):
      Diagnostic(
        "E_IMAGE_PLACES", "the images and their places in the prompt do not match", expected: expected, found: found,
        next: "give one image for each image part of the chat", exit: .badInput)
    case .prompt(let expected, let found):
      Diagnostic(
        "E_PROMPT", "the prompt cannot be run", expected: expected, found: found,
        next: "make the token ids with the tokenizer of the same model", exit: .badInput)
    }
  }
}
