import Diagnostics

extension CheckReport {
  /// The report for a person: one line a setting, one line a kind of text and depth.
  public var text: String {
    var lines = [summary, ""]
    if let words = arithmetic.words { lines += [words, ""] }
    if draftShortlist > 0 {
      let measured = measuresShortlist ? "; of all ids while the text leaves these too often" : ""
      lines += ["drafts: of the lowest \(draftShortlist) ids and the ids of the text\(measured)", ""]
    }
    lines += equality
    if settings.contains(where: \.hasCounts) { lines += ["", acceptanceTitle] + acceptanceTable }
    if let headTrials {
      let found =
        headTrials.cure.map { "\($0.tensor): \($0.defect)" } ?? "none helps: likely another model's head"
      lines += [
        "",
        "first drafts accepted with repairs of the head: as it is \(decimal(headTrials.asItIs, 4)), \(headTrials.words)",
        "  " + found,
      ]
    }
    if let source { lines += [""] + source.lines }
    if let captions { lines += [""] + captions.lines }
    if let sourceAcceptance {
      lines += ["", "first drafts accepted on the source, and in the package"]
      lines += sourceAcceptance.settings.map { name, count in
        let own = settings.first { $0.name == name }?.total
        return "  " + name.padding(10) + (count.share(0).map { decimal($0, 3) } ?? "-").paddingLeft(7)
          + (own?.share(0).map { decimal($0, 3) } ?? "-").paddingLeft(8)
      }
    }
    lines += ["", "digest of all tokens and logits: \(digest.hex)", verdict]
    return lines.joined(separator: "\n")
  }

  private var summary: String {
    let kinds = Dictionary(grouping: prompts, by: \.kind).sorted { $0.key < $1.key }
      .map { "\($0.value.count) \($0.key)" }
    let head = model.hasHead ? "with MTP head" : "without MTP head"
    return "\(model.modelType), \(model.layers) layers, \(head); \(Fixed.counted(prompts.count, "prompt")) "
      + "(\(kinds.joined(separator: ", "))), \(limit) tokens each"
  }

  private var nameWidth: Int { max(10, (settings.map(\.name.count).max() ?? 0) + 1) }

  private var equality: [String] {
    ["compared with vanilla decoding: tokens, logits and final state by their bytes; drafts between depths"]
      + settings.map { setting in
        let result =
          setting.differences.isEmpty
          ? "equal, \(setting.compared) tokens" : "DIFFERENT: \(setting.differences.count) differences"
        return "  " + setting.name.padding(nameWidth) + result
      }
      + differences.prefix(10).map { difference in
        let index = difference.index.map { " token \($0)" } ?? ""
        return "    \(difference.setting) \(difference.prompt)\(index): \(difference.subject.rawValue) "
          + "\(difference.expected) / \(difference.found)"
      }
  }

  private var acceptanceTitle: String {
    "drafts accepted, by place in the draft, with all before them, up to the first stop token"
  }

  private var acceptanceTable: [String] {
    let fixed = settings.filter(\.hasCounts)
    let places = fixed.map { $0.total.drafted.count }.max() ?? 0
    let head = (0..<places).map { "\($0 + 1)".paddingLeft(7) }.joined()
    var lines = ["  " + "setting".padding(nameWidth) + "kind".padding(12) + head + "tokens/round".paddingLeft(14)]
    for setting in fixed {
      let kinds = setting.acceptance.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      for (kind, count) in [("all", setting.total)] + (kinds.count > 1 ? kinds : []) {
        let shares = (0..<places).map { place in
          (count.share(place).map { decimal($0, 3) } ?? (place < setting.total.drafted.count ? "-" : "")).paddingLeft(7)
        }
        let rate = count.tokensPerRound.map { decimal($0, 2) } ?? "-"
        lines.append("  " + setting.name.padding(nameWidth) + kind.padding(12) + shares.joined() + rate.paddingLeft(14))
      }
    }
    return lines
  }

  private var verdict: String {
    guard !passed else { return "passed" }
    var reasons: [String] = []
    if !differences.isEmpty { reasons.append("\(differences.count) differences") }
    for low in belowFloor {
      let share = low.share.map { decimal($0, 4) } ?? "no drafts"
      reasons.append("acceptance of first drafts at \(low.setting): \(share)")
    }
    for low in belowSource {
      let share = low.share.map { decimal($0, 4) } ?? "no drafts"
      reasons.append("first drafts at \(low.setting): \(share), \(decimal(low.needed, 4)) needed beside the source")
    }
    reasons += beyondLimits.map { "\($0.figure): \($0.found), asked for \($0.expected)" }
    return "FAILED: " + reasons.joined(separator: "; ")
  }
}

extension SourceComparison {
  fileprivate var lines: [String] {
    [
      "compared with the source over \(positions) positions",
      "  KL(source, package)   mean \(significant(klMean))  99 % \(significant(kl99))  largest "
        + "\(significant(klMaximum)) nats",
      "  Jensen-Shannon        mean \(significant(jsMean)) nats",
      "  same best token       \(decimal(100 * topAgreement, 2)) %",
      "  perplexity            source \(decimal(perplexitySource, 4)), package \(decimal(perplexityPackage, 4))",
    ]
  }
}

extension String {
  fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
  fileprivate func paddingLeft(_ width: Int) -> String { String(repeating: " ", count: max(1, width - count)) + self }
}
