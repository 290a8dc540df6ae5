import ArgumentParser
import Inference
import Terminal

/// Options of every command that runs a model.
struct RunnerOptions: ParsableArguments {
  @OptionGroup var parallel: ThreadOptions
  @Option(help: "Prompt tokens in one pass; without effect on the result.") var chunk: Int = 256

  @Option(help: "How matrix products are made: canonical, the same bits everywhere, or fast (AVX-512 BF16 and VNNI).")
  var arithmetic: Arithmetic = .canonical

  @Option(help: "Draft only from so many of the lowest token ids and the ids of the text; 0 for all.")
  var draftShortlist: Int = 0

  @Option(
    help:
      "Ids that the head drafts from: all; auto, part of a large vocabulary as long as the text keeps to it; or how many of the lowest. The default is auto for generate, serve, chat and bench, and all for check and trace."
  )
  var draftVocabulary: DraftVocabulary?

  /// What is drafted from.
  /// - Parameter other: What is taken when nothing is said.
  func vocabulary(or other: DraftVocabulary) -> DraftVocabulary {
    draftShortlist > 0 ? .lowest(draftShortlist) : draftVocabulary ?? other
  }

  var threads: Int { parallel.threads }

  func validate() throws {
    guard draftShortlist == 0 || draftVocabulary == nil else {
      throw ValidationError("give either --draft-shortlist or --draft-vocabulary")
    }
    guard draftShortlist >= 0 else { throw ValidationError("--draft-shortlist takes a number from 0") }
    guard (1...65_536).contains(chunk) else { throw ValidationError("--chunk takes a number from 1 to 65536") }
  }
}

/// Refuses a number of tokens that no run can make.
func requireLimit(_ limit: Int) throws {
  guard (0...1 << 20).contains(limit) else { throw ValidationError("--limit takes a number from 0 to 1048576") }
}

extension Arithmetic: ExpressibleByArgument {}

extension DraftVocabulary: ExpressibleByArgument {
  public init?(argument: String) {
    switch argument {
    case "all": self = .all
    case "auto": self = .auto
    default:
      guard let count = Int(argument), count > 0, "\(count)" == argument else { return nil }
      self = .lowest(count)
    }
  }
}
