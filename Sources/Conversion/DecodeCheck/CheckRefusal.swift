import Checking
import Diagnostics
import Inference
import Quantization
import SystemPackage
import Templates
import Tokenization

/// What the runner does not cover: the package may be right all the same.
struct CheckRefusal: Error {
  let diagnostic: Diagnostic

  /// What the outcome says, which is published: no path of this machine is in it.
  var reason: String { "\(diagnostic.code), \(diagnostic.summary)" }

  /// What the outcome does not repeat: there may be a path of this machine in it.
  var details: String {
    let parts = [
      diagnostic.file.map { "in \(FilePath($0).name)" }, diagnostic.tensor, diagnostic.found.map { "found \($0)" },
      diagnostic.expected.map { "expected \($0)" },
    ].compactMap { $0 }
    return parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")"
  }

  /// Turns what says "not covered" into a refusal; damage and failures of the system stay errors.
  static func asked<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as InferenceError {
      switch error {
      case .unsupported, .dtype, .prompt: throw CheckRefusal(diagnostic: error.diagnostic)
      default: throw error
      }
    } catch let error as any CambiumError {
      guard error is TokenizerError || error is ChatTemplateError || error is WeightMatrixError else { throw error }
      throw CheckRefusal(diagnostic: error.diagnostic)
    }
  }
}
