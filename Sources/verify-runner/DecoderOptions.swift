import ArgumentParser
import Inference

/// Folders of drafters.
struct DrafterOptions: ParsableArguments {
  @Option(
    help: "A folder with a DFlash or an EAGLE-3 drafter that was trained for this model; once for each.",
    completion: .directory)
  var drafter: [String] = []
}

/// A way of decoding by its name, or `auto`: the best of what the model has.
enum DecoderName {
  case auto
  case method(DecodingMethod)

  /// - Throws: `ValidationError` with the names that there are.
  init(_ argument: String) throws {
    self = argument == "auto" ? .auto : .method(try DecoderName.method(argument))
  }

  /// - Throws: `ValidationError` with the names that there are.
  static func method(_ argument: String) throws -> DecodingMethod {
    guard let method = DecodingMethod(name: argument) else {
      throw ValidationError("there is no decoder \(argument); there are \(DecodingMethod.names), K from 1")
    }
    return method
  }

  func method(of model: LoadedModel) -> DecodingMethod {
    switch self {
    case .auto: .best(of: model)
    case .method(let method): method
    }
  }
}
