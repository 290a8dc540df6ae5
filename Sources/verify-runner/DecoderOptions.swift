import ArgumentParser
import Inference
import Terminal

/// Folders of drafters.
struct DrafterOptions: ParsableArguments {
  @Option(
    help: "A folder with a DFlash or an EAGLE-3 drafter that was trained for this model; once for each.",
    completion: .directory, transform: named)
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

/// Decoders as `dflash,in-turn`, or `all`.
struct CheckedDecoders {
  /// Nil for all.
  private let chosen: [DecodingMethod]?

  /// - Throws: `ValidationError` with the names that there are.
  init(_ argument: String) throws {
    guard argument != "all" else {
      chosen = nil
      return
    }
    guard let names = NameList(argument: argument)?.names else {
      throw ValidationError("--decoders takes names with commas, each once, or all")
    }
    chosen = try names.map { name in
      let method = try DecoderName.method(name)
      if case .optimistic = method { throw ValidationError("optimistic decoding gives other tokens: nothing to check") }
      return method
    }
  }

  func methods(of model: LoadedModel) -> [DecodingMethod] { chosen ?? DecodingMethod.all(of: model) }
}
