import Inference
import StrictJSON

/// What a package says of pictures, beside what was expected and what the source says.
public struct CaptionComparison: Sendable, Hashable {
  /// What was said of one picture.
  public struct Answer: Sendable, Hashable {
    /// The picture, with its question and caption.
    public var picture: Picture
    /// Up to the first stop token.
    public var package: String
    /// nil without a source.
    public var source: String?

    /// The answers about a picture, the source's if there is one.
    public init(picture: Picture, package: String, source: String?) {
      self.picture = picture
      self.package = package
      self.source = source
    }
  }

  /// One answer a picture.
  public var answers: [Answer]

  /// - Parameter answers: One a picture.
  public init(_ answers: [Answer]) { self.answers = answers }

  /// Pictures that have an expected caption.
  public var captioned: [Answer] { answers.filter { $0.picture.caption != nil } }
  /// Answers that are the expected caption.
  public var packageExact: Int { captioned.count { $0.package == $0.picture.caption } }
  /// nil without a source.
  public var sourceExact: Int? { hasSource ? captioned.count { $0.source == $0.picture.caption } : nil }
  /// Answers that are the source's.
  public var equal: Int? { hasSource ? answers.count { $0.package == $0.source } : nil }
  /// Whether the source was asked, too.
  public var hasSource: Bool { !answers.isEmpty && answers.allSatisfy { $0.source != nil } }

  var json: JSONValue {
    .object([
      ("pictures", .int(answers.count)), ("captioned", .int(captioned.count)), ("package_exact", .int(packageExact)),
      ("source_exact", .optional(sourceExact)), ("package_equals_source", .optional(equal)),
      (
        "answers",
        .array(
          answers.map { answer in
            .object([
              ("file", .string(answer.picture.name)), ("question", .string(answer.picture.question)),
              ("caption", answer.picture.caption.map { .string($0) } ?? .null), ("package", .string(answer.package)),
              ("source", answer.source.map { .string($0) } ?? .null),
            ])
          })
      ),
    ])
  }

  /// The report for a person: rates, then each answer that differs.
  var lines: [String] {
    let rate = { (count: Int, all: Int) in
      "\(count) of \(all)" + (all == 0 ? "" : " (\(decimal(100 * Double(count) / Double(all), 2)) %)")
    }
    var lines = ["answers about \(answers.count) pictures"]
    if !captioned.isEmpty {
      lines.append("  package, as expected       \(rate(packageExact, captioned.count))")
      if let sourceExact { lines.append("  source, as expected        \(rate(sourceExact, captioned.count))") }
    }
    if let equal { lines.append("  package, as the source     \(rate(equal, answers.count))") }
    let differing = answers.filter { answer in
      [answer.picture.caption, answer.source].contains { $0 != nil && $0 != answer.package }
    }
    for answer in differing.prefix(10) {
      lines.append("    \(answer.picture.name): \(answer.package)")
      if let source = answer.source, source != answer.package { lines.append("      source:   \(source)") }
      if let caption = answer.picture.caption, caption != answer.package {
        lines.append("      expected: \(caption)")
      }
    }
    return lines
  }
}
