import Digests
import Inference
import SystemPackage

/// The result of a check. Nothing in it depends on threads, chunks, SIMD tier or the clock.
public struct CheckReport: Sendable {
  /// What was checked.
  public var model: ModelSummary
  /// Tokens decoded for each prompt.
  public var limit: Int
  /// One report a prompt.
  public var prompts: [PromptReport]
  /// One report a way of decoding.
  public var settings: [SettingReport]
  /// The floor that was asked for.
  public var minAcceptance: Double?
  /// How matrix products were formed.
  public var arithmetic = Arithmetic.canonical
  /// The lowest ids that could be drafted beside those of the text; 0 for all ids.
  public var draftShortlist = 0
  /// Whether all ids were drafted while the text left those too often.
  public var measuresShortlist = false
  /// The comparison with the source, if one was made.
  public var source: SourceComparison?
  /// Digest of the text that was compared over; nil when the prompts and their answers were that text.
  public var sourceText: SHA256Digest?
  /// What the comparison with the source must reach.
  public var sourceLimits = SourceLimits()
  /// The answers about pictures, if any were asked about.
  public var captions: CaptionComparison?
  /// What the head reaches on the source, if it was measured.
  public var sourceAcceptance: SourceAcceptance?
  /// What repairs of the head do, when too few drafts are accepted.
  public var headTrials: HeadTrials?

  /// All differences from vanilla decoding.
  public var differences: [Difference] { settings.flatMap(\.differences) }

  /// Settings whose share of accepted first drafts is below the floor, with the share; nil where nothing was drafted.
  public var belowFloor: [(setting: String, share: Double?)] {
    guard let minAcceptance else { return [] }
    return settings.filter(\.isHead).compactMap { setting in
      let share = setting.total.share(0)
      if let share, share >= minAcceptance { return nil }
      return (setting.name, share)
    }
  }

  /// Settings whose share of accepted first drafts is too far below the source's.
  public var belowSource: [(setting: String, share: Double?, needed: Double)] { sourceAcceptance?.below(self) ?? [] }

  /// Whether nothing differs and every floor is reached.
  public var passed: Bool { differences.isEmpty && belowFloor.isEmpty && belowSource.isEmpty && beyondLimits.isEmpty }

  /// Digest of all tokens and logits of vanilla decoding: equal wherever the package's answers are the same bit for bit.
  public var digest: SHA256Digest {
    var hash = SHA256Stream()
    for prompt in prompts {
      hash.update(prompt.tokensDigest.bytes)
      hash.update(prompt.logitsDigest.bytes)
    }
    return hash.finish()
  }

  /// What is wrong, as an error; nil when the check passed.
  /// - Parameter path: What the error names as its file.
  public func failure(path: FilePath) -> CheckingError? {
    if let first = differences.first {
      let place = first.index.map { ", token \($0)" } ?? ""
      return .different(
        path: path, expected: "what vanilla decoding gives: \(first.expected)",
        found: "\(differences.count) differences, the first in \(first.subject.rawValue) at setting \(first.setting), "
          + "prompt \(first.prompt)\(place): \(first.found)")
    }
    if let first = belowFloor.first, let minAcceptance {
      if let headTrials, let cure = headTrials.cure { return .head(path: path, cure, asItIs: headTrials.asItIs) }
      return .acceptance(
        path: path, expected: "at least \(decimal(minAcceptance, 4)) of the first drafts",
        found: first.share.map { "\(decimal($0, 4)) at setting \(first.setting)" } ?? "no drafts",
        trials: headTrials?.words)
    }
    if let first = belowSource.first, let floor = sourceAcceptance?.floor {
      return .acceptance(
        path: path,
        expected:
          "at least \(decimal(first.needed, 4)) of the first drafts, \(decimal(floor, 4)) of what the source has",
        found: first.share.map { "\(decimal($0, 4)) at setting \(first.setting)" } ?? "no drafts")
    }
    if let first = beyondLimits.first { return .distance(path: path, expected: first.expected, found: first.found) }
    return nil
  }
}

/// A prompt, and what vanilla decoding made of it.
public struct PromptReport: Sendable, Hashable {
  /// The prompt's id.
  public var id: String
  /// The class of the prompt.
  public var kind: String
  /// Tokens of the prompt.
  public var promptTokens: Int
  /// The tokens of vanilla decoding.
  public var tokens: [Int]
  /// Number of the first stop token among `tokens`.
  public var stop: Int?
  /// Digest of the token ids, each as 8 bytes, little-endian.
  public var tokensDigest: SHA256Digest
  /// Digest of the logits of all tokens, by the digests of each token's.
  public var logitsDigest: SHA256Digest
  /// Digest of the state after the last token.
  public var stateDigest: SHA256Digest

  init(_ prompt: EncodedPrompt, _ vanilla: CheckedDecoding, stop: Int?) {
    id = prompt.id
    kind = prompt.kind
    promptTokens = prompt.tokens.count
    tokens = vanilla.tokens
    self.stop = stop
    tokensDigest = SHA256Digest.of(
      tokens.flatMap { token in (0..<8).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) } })
    logitsDigest = SHA256Digest.of(vanilla.logits.flatMap(\.bytes))
    stateDigest = vanilla.state
  }
}

/// A way of decoding, over all prompts.
public struct SettingReport: Sendable {
  /// Name of the way of decoding, such as `mtp-1`; or `forced`.
  public var name: String
  /// The way of decoding.
  public var method: DecodingMethod
  /// What differed from vanilla decoding.
  public var differences: [Difference] = []
  /// Tokens compared.
  public var compared = 0
  /// Acceptance by kind of text, up to the first stop token of each prompt.
  public var acceptance: [String: AcceptanceCount] = [:]

  /// Whether its drafts are the check's own.
  public let isForced: Bool

  init(name: String, method: DecodingMethod) {
    self.name = name
    self.method = method
    isForced = false
  }

  /// Drafts that are right up to every place, at most so many a round.
  init(forced most: Int) {
    name = "forced"
    method = .dflash(depth: most)
    isForced = true
  }

  /// Whether it drafts with the MTP head at one depth, to which the floors belong.
  public var isHead: Bool { if case .mtp = method { true } else { false } }

  /// Whether its counts are those of every run and say something of the model. What follows a clock has others each
  /// time, and no report has them.
  public var hasCounts: Bool { method.isRepeatable && !isForced }

  /// The sum over all kinds.
  public var total: AcceptanceCount {
    var total = AcceptanceCount()
    for count in acceptance.values { total.add(count) }
    return total
  }

  mutating func enter(
    _ prompt: EncodedPrompt, _ vanilla: CheckedDecoding, _ found: CheckedDecoding, _ new: [Difference], end: Int
  ) {
    differences += new
    compared += vanilla.tokens.count
    var count = acceptance[prompt.kind] ?? AcceptanceCount()
    for round in found.rounds { count.enter(round, end: end) }
    acceptance[prompt.kind] = count
  }
}
