import Diagnostics

/// What a bench can refuse, besides what opening and decoding refuse.
public enum BenchError: CambiumError, Equatable {
  /// A bench has no prompt that the package can run; the reasons are named.
  case nothing(reasons: [String])
  /// In a bench, a verified way of decoding gave another token than vanilla decoding; the report names the place.
  case different(BenchDifference)

  public var diagnostic: Diagnostic {
    switch self {
    case .nothing(let reasons):
      Diagnostic(
        "E_BENCH_NOTHING", "no prompt can be run", expected: "at least one class of prompts that the package can run",
        found: reasons.isEmpty ? "none" : reasons.joined(separator: "; "),
        next: "give token ids with --ids or --random-ids, or prompts with --prompts", exit: .badInput)
    case .different(let difference):
      Diagnostic(
        "E_BENCH_DIFFERENT", "a verified way of decoding changes the answer",
        expected:
          "\(difference.decoder), prompt \(difference.prompt), token \(difference.index): \(difference.expected)",
        found: difference.found, next: "run verify-runner check on the package", exit: .verificationFailed)
    }
  }
}

/// The first token of a decoding that is not vanilla decoding's.
public struct BenchDifference: Sendable, Hashable {
  /// The name of the way of decoding.
  public var decoder: String
  /// The prompt's id.
  public var prompt: String
  /// Number of the repetition, 0 for the warm-up.
  public var repetition: Int
  /// Number of the token, from 0 for the first after the prompt.
  public var index: Int
  /// A token id, or `the end`.
  public var expected: String
  /// A token id, or `the end`.
  public var found: String

  /// A difference at one token, with what each side has there.
  public init(decoder: String, prompt: String, repetition: Int, index: Int, expected: String, found: String) {
    self.decoder = decoder
    self.prompt = prompt
    self.repetition = repetition
    self.index = index
    self.expected = expected
    self.found = found
  }

  /// Nil when both lists are the same.
  init?(_ found: [Int], from expected: [Int], decoder: String, prompt: String, repetition: Int) {
    guard found != expected else { return nil }
    let index = zip(expected, found).enumerated().first { $1.0 != $1.1 }?.offset ?? min(expected.count, found.count)
    let name = { (list: [Int]) in index < list.count ? "\(list[index])" : "the end" }
    self.init(
      decoder: decoder, prompt: prompt, repetition: repetition, index: index, expected: name(expected),
      found: name(found))
  }
}
