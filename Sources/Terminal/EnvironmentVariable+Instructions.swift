import Foundation

extension EnvironmentVariable {
  private static let instructions = ["portable", "avx2", "avx512", "neon"]

  /// Refuses a choice of instructions that no machine has: who names one wants to see it used. One of another machine
  /// falls back to the best of this one, as results do not depend on it.
  static func requireKnownInstructions() throws {
    guard let name = ProcessInfo.processInfo.environment[simd.name], !name.isEmpty, !instructions.contains(name) else {
      return
    }
    throw ProgramError.instructions(name: name, known: instructions)
  }
}
