/// What proves that head and trunk belong together. Shapes cannot: every model of a size has the same.
public struct Pairing: Sendable, Equatable {
  /// What the comparison says.
  public enum Verdict: String, Sendable {
    /// The head is the trunk's own, or its donor has the very same trunk.
    case same
    /// The trunk was tuned, pruned or converted from the donor's.
    case derived
    /// The donor's trunk is another one.
    case foreign
    /// The donor has no trunk that could be compared, and no name tells.
    case unproven
  }

  /// What the comparison says.
  public let verdict: Verdict
  /// Everything that speaks for it, in words.
  public let evidence: [String]

  /// - Parameters:
  ///   - verdict: What the comparison says.
  ///   - evidence: What it goes by, in words.
  public init(verdict: Verdict, evidence: [String]) {
    self.verdict = verdict
    self.evidence = evidence
  }

  /// Largest relative difference between the norms of a model and of one tuned from it. Tuning moves them by a few
  /// thousandths; models of one size that were trained apart differ by a tenth and more.
  static let tunedLimit = 0.02
}

extension CheckpointFolder {
  /// Compares the trunks of a source (this folder) and a donor by their norms, and their names.
  ///
  /// Norms are small, present in every conversion, never quantized, and no two trainings end with the same.
  /// - Parameters:
  ///   - donor: the model that has the head.
  ///   - baseModels: what the source's card or the manifest names as its base.
  public func pairing(with donor: CheckpointFolder, baseModels: [String]) throws -> Pairing {
    var evidence: [String] = []
    var verdict: Pairing.Verdict?
    if donor.path == path || (commit != nil && commit == donor.commit) {
      return Pairing(verdict: .same, evidence: ["the donor is the source"])
    }
    if case .hub(let hub) = donor.reference, baseModels.contains(hub.repository) {
      evidence.append("the source names \(hub.repository) as its base model")
      verdict = .derived
    }
    if let difference = try normDifference(donor) {
      if difference.relative == 0 {
        evidence.append("all \(difference.tensors) norms of both trunks are equal")
        verdict = .same
      } else {
        let percent = Self.percent(difference.relative)
        evidence.append("the \(difference.tensors) norms of both trunks differ by \(percent)")
        verdict = difference.relative <= Pairing.tunedLimit ? .derived : .foreign
      }
    } else {
      evidence.append("the donor has no trunk to compare with")
    }
    if verdict != .same, isCoder != donor.isCoder {
      evidence.append("only one of source and donor is a Coder model, of which no release ever had a head")
      verdict = .foreign
    }
    return Pairing(verdict: verdict ?? .unproven, evidence: evidence)
  }

  /// What the model is called: repository, else the folder's name.
  public var name: String {
    if case .hub(let hub) = reference { return hub.repository }
    return path.lastComponent?.string ?? path.string
  }

  /// Whether folder, repository or configuration name a Coder model.
  public var isCoder: Bool {
    [name, config["_name_or_path"]?.stringValue ?? ""].contains { $0.lowercased().contains("coder") }
  }

  /// Root of the squared differences over root of the squares, over the norms that both trunks have; nil when they share
  /// none.
  private func normDifference(_ donor: CheckpointFolder) throws -> (relative: Double, tensors: Int)? {
    let theirs = Dictionary(try donor.trunkNorms().map { ($0.name, $0.factors) }) { first, _ in first }
    guard !theirs.isEmpty else { return nil }
    var (difference, size, count) = (0.0, 0.0, 0)
    for norm in try trunkNorms() {
      guard let other = theirs[norm.name], other.count == norm.factors.count else { continue }
      count += 1
      for (a, b) in zip(norm.factors, other) {
        difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
        size += Double(a) * Double(a)
      }
    }
    guard count > 0 else { return nil }
    return (difference == 0 ? 0 : (difference / max(size, .leastNormalMagnitude)).squareRoot(), count)
  }

  /// Percent with two decimals, never rounded to nothing.
  private static func percent(_ value: Double) -> String {
    guard value < 1e6 else { return "more than 10^8 %" }
    let scaled = max(1, Int((value * 10_000).rounded(.up)))
    let digits = String(scaled % 100)
    return "\(scaled / 100).\(digits.count < 2 ? "0" : "")\(digits) %"
  }
}
