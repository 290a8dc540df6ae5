import Diagnostics
import Foundation

extension EnvironmentVariable {
  private static let instructions = ["portable", "avx2", "avx512", "neon"]

  /// Refuses a choice of instructions that no machine has: who names one wants to see it used. One of another machine
  /// gives way to the best of this one, as results do not depend on it.
  static func requireKnownInstructions() throws {
    guard let name = ProcessInfo.processInfo.environment[simd.name], !name.isEmpty, !instructions.contains(name) else {
      return
    }
    throw UnknownInstructions(name: name, known: instructions)
  }

  private struct UnknownInstructions: CambiumError {
    let name: String
    let known: [String]

    var diagnostic: Diagnostic {
      Diagnostic(
        "E_SIMD", "CAMBIUM_SIMD names no instructions that are known", expected: known.joined(separator: ", "),
        found: name, next: "unset CAMBIUM_SIMD: the best instructions of the machine are used then", exit: .usage)
    }
  }
}
