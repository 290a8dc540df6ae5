import Checking
import Files
import OutputParsing
import StrictJSON
import SystemPackage
import Templates
import Tokenization

/// What a server needs to know of a model besides its weights: how texts become tokens and tokens texts.
package struct TextModel: Sendable {
  /// The tokenizer.
  package var tokenizer: Tokenizer
  /// The chat template; nil for a model that has none, which answers no chats.
  package var template: ChatTemplate?
  /// The tokens with a meaning in an answer.
  package var marks: OutputMarks
  /// The tokens that end an answer.
  package var stops: Set<Int>
  /// Tokens of prompt and answer together at most.
  package var context: Int
  /// Tokens that have a logit.
  package var vocabulary: Int
  /// How tokens are chosen where a request does not say.
  package var defaults: SamplingWishes

  /// Creates a text model.
  package init(
    tokenizer: Tokenizer, template: ChatTemplate?, stops: Set<Int>, context: Int, vocabulary: Int,
    defaults: SamplingWishes = SamplingWishes()
  ) {
    self.tokenizer = tokenizer
    self.template = template
    self.stops = stops
    self.context = context
    self.vocabulary = vocabulary
    self.defaults = defaults
    marks = OutputMarks(tokenizer)
  }

  /// Reads the files of a model's folder.
  /// - Parameters:
  ///   - encoder: Has the tokenizer and the template of the folder.
  ///   - folder: The folder.
  ///   - context: Tokens of prompt and answer at most; nil for what the model was made for.
  ///   - vocabulary: Tokens that have a logit.
  /// - Throws: `TokenizerError`, `ChatTemplateError`, `JSONError`, `FileError`.
  package init(_ encoder: PromptEncoder, folder: FilePath, context: Int?, vocabulary: Int) throws {
    let tokenizer = try encoder.tokenizer()
    var template: ChatTemplate?
    do {
      template = try encoder.template()
    } catch ChatTemplateError.missing {
      template = nil
    }
    let config = try Self.fields(folder.appending("config.json"))
    let positions =
      config?["max_position_embeddings"]?.intValue
      ?? config?["text_config"]?["max_position_embeddings"]?.intValue
    try self.init(
      tokenizer: tokenizer, template: template, stops: Set(StopTokens(folder: folder, tokenizer: tokenizer).ids),
      context: context ?? positions.flatMap { $0 > 0 ? $0 : nil } ?? 32_768, vocabulary: vocabulary,
      defaults: Self.defaults(Self.fields(folder.appending("generation_config.json"))))
  }

  private static func fields(_ path: FilePath) throws -> JSONValue? {
    do {
      return try JSONValue.parse(
        ReadOnlyFile(path: path).readAll(limit: 1 << 20), file: path.string, maxValues: JSONValue.modestCount)
    } catch FileError.missing {
      return nil
    }
  }

  /// What `generation_config.json` recommends. Where it says nothing, tokens are drawn with temperature 1, as both vendors
  /// do.
  package static func defaults(_ config: JSONValue?) -> SamplingWishes {
    var defaults = SamplingWishes()
    guard let config else { return defaults }
    defaults.temperature = config["do_sample"]?.boolValue == false ? 0 : config["temperature"]?.doubleValue
    defaults.topP = config["top_p"]?.doubleValue
    defaults.topK = config["top_k"]?.intValue
    defaults.minP = config["min_p"]?.doubleValue
    // A penalty that no request could ask for is none that anybody meant.
    let penalty = { (key: String, range: ClosedRange<Double>) -> Double? in
      config[key]?.doubleValue.flatMap { range.contains($0) ? $0 : nil }
    }
    defaults.repetitionPenalty = penalty("repetition_penalty", 0.01...10)
    defaults.frequencyPenalty = penalty("frequency_penalty", -2...2)
    defaults.presencePenalty = penalty("presence_penalty", -2...2)
    return defaults
  }
}
