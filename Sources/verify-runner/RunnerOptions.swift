import ArgumentParser
import Inference
import Terminal

/// Options of every command that runs a model.
struct RunnerOptions: ParsableArguments {
  @OptionGroup var parallel: ThreadOptions
  @Option(help: "Prompt tokens in one pass; without effect on the result.") var chunk: Int = 256

  @Option(help: "How matrix products are formed: canonical, the same bits everywhere, or fast (AVX-512 BF16 and VNNI).")
  var arithmetic: Arithmetic = .canonical

  @Option(help: "Draft only so many of the lowest token ids and the ids of the text, for cheaper drafts; 0 for all.")
  var draftShortlist: Int = 0

  var threads: Int { parallel.threads }

  func validate() throws {
    guard draftShortlist >= 0 else { throw ValidationError("--draft-shortlist takes a number from 0") }
    guard (1...65_536).contains(chunk) else { throw ValidationError("--chunk takes a number from 1 to 65536") }
  }
}

/// Refuses a number of tokens that no run can make.
func requireLimit(_ limit: Int) throws {
  guard (0...1 << 20).contains(limit) else { throw ValidationError("--limit takes a number from 0 to 1048576") }
}

extension Arithmetic: ExpressibleByArgument {}
