import Diagnostics
import SystemPackage

/// What was written is not what was planned, or misses a threshold. Every case ends a run with status 2, and nothing is
/// published.
public enum VerificationError: CambiumError, Equatable {
  /// A weight file holds other tensors, types, shapes or offsets than the plan.
  case weightFile(file: String, tensor: String?, expected: String, found: String)
  /// A weight file's header is not the one that was written.
  case writtenHeader(file: String)
  /// Bytes of a weight file are not those that were encoded.
  case writtenTensor(file: String, tensor: String, part: String, range: Range<Int>)
  /// A kept tensor has another digest than its source.
  case keptDiffers(file: String, tensor: String, expected: String, found: String)
  /// The cosine of quantized tensors is below a limit.
  ///
  /// `words` name the limit.
  case cosine(count: Int, words: String, tensor: String, least: Double, worst: String)
  /// The relative error of quantized tensors is above a limit.
  case relativeRMS(count: Int, words: String, tensor: String, most: Double, worst: String)
  /// The mean cosine of the quantized tensors is below a limit.
  case meanCosine(actual: Double, words: String, least: Double, worst: String)

  /// A file of the package is not the one that was verified.
  ///
  /// Where the weights came from many machines, the parts of the others are sound, and stay.
  case publishedFile(file: String, isMerged: Bool, expected: String, found: String)
  /// `cambium verify` would refuse the package, so it is not published.
  case unverifiable(output: String, check: String, problems: [String])
  /// The package that is to be signed does not verify.
  case signsUnverified(folder: FilePath, check: String, problems: [String])

  public var diagnostic: Diagnostic {
    switch self {
    case .publishedFile(let file, let isMerged, let expected, let found):
      Diagnostic(
        "E_PUBLISHED_FILE", "a file of the package is not what was verified", file: file, expected: expected,
        found: found,
        next: isMerged
          ? "check the storage; cambium status MANIFEST --partitions N --deep names what is damaged: run those partitions again, which makes it anew, and merge again without --trust-receipts; no other part is lost"
          : "the work folder is damaged: check the storage; cambium clean MANIFEST --unfinished removes it; then run again",
        exit: .verificationFailed)
    case .unverifiable(let output, let check, let problems):
      Diagnostic(
        "E_UNVERIFIABLE", "verify would refuse the package, so it is not published", file: output,
        expected: "no problem in \(check)", found: VerificationError.first(problems),
        next: "this is a fault in cambium, whatever the source is: please report it with the manifest",
        exit: .verificationFailed)
    case .signsUnverified(let folder, let check, let problems):
      Diagnostic(
        "E_SIGN_UNVERIFIED", "the package does not verify, so it is not signed", file: folder,
        expected: "no problem in \(check)", found: VerificationError.first(problems),
        next: "cambium verify names everything that is wrong; make the package again, then sign it",
        exit: .verificationFailed)
    case .weightFile(let file, let tensor, let expected, let found):
      .fault(
        "E_WEIGHT_FILE", "a weight file is not as planned", file: file, tensor: tensor, expected: expected,
        found: found, exit: .verificationFailed)
    case .writtenHeader(let file):
      Diagnostic(
        "E_WRITTEN_HEADER", "a file's header was not written as planned", file: file, expected: "the planned bytes",
        found: "other bytes in the file", next: "check the disk; then run again: what is damaged is made again",
        exit: .verificationFailed)
    case .writtenTensor(let file, let tensor, let part, let range):
      Diagnostic(
        "E_WRITTEN_TENSOR", "a tensor was not written as planned", file: file, tensor: tensor,
        expected: "the bytes that were encoded",
        found: "other bytes in the file, in \(part) at \(range.lowerBound) to \(range.upperBound - 1)",
        next: "check the disk; then run again: what is damaged is made again", exit: .verificationFailed)
    case .keptDiffers(let file, let tensor, let expected, let found):
      .fault(
        "E_KEPT_DIFFERS", "a kept tensor is not what its source is", file: file, tensor: tensor, expected: expected,
        found: found, exit: .verificationFailed)
    case .cosine(let count, let words, let tensor, let least, let worst):
      VerificationError.threshold(
        "E_THRESHOLD_COSINE", "the cosine of \(count) tensors is below \(words)", tensor, "at least \(least)", worst)
    case .relativeRMS(let count, let words, let tensor, let most, let worst):
      VerificationError.threshold(
        "E_THRESHOLD_RELATIVE_RMS", "the relative error of \(count) tensors is above \(words)", tensor,
        "at most \(most)", worst)
    case .meanCosine(let actual, let words, let least, let worst):
      VerificationError.threshold(
        "E_THRESHOLD_MEAN_COSINE", "the mean cosine \(Fixed.eight(actual)) is below \(words)", nil,
        "at least \(least)", "worst: " + worst)
    }
  }

  private static func first(_ problems: [String]) -> String {
    problems.prefix(4).joined(separator: "; ") + (problems.count > 4 ? " and \(problems.count - 4) more" : "")
  }

  private static func threshold(
    _ code: String, _ summary: String, _ tensor: String?, _ expected: String, _ found: String
  ) -> Diagnostic {
    Diagnostic(
      code, summary, tensor: tensor, expected: expected, found: found,
      next: "give these tensors more bits by a rule, or lower the threshold in the manifest", exit: .verificationFailed)
  }
}
