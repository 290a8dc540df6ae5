import Diagnostics

/// What can end a program whatever its command does.
enum ProgramError: CambiumError, Equatable {
  /// The command line is wrong. Only with `--json`; without it the words of the argument parser are on standard error.
  case usage(program: String, said: String)
  /// `CAMBIUM_SIMD` names no instructions that are known.
  case instructions(name: String, known: [String])
  /// Standard output did not take all of the result; the work is done.
  case outputLost(reason: String)
  /// A signal ended the command before there was a result: 130 for SIGINT, 143 for SIGTERM. Only with `--json`; without
  /// it `interrupted` is on standard error.
  case interrupted
  /// A failure without a separate code.
  case failure(said: String)

  var diagnostic: Diagnostic {
    switch self {
    case .usage(let program, let said):
      Diagnostic("E_USAGE", said, next: "\(program) help COMMAND", exit: .usage)
    case .instructions(let name, let known):
      Diagnostic(
        "E_SIMD", "CAMBIUM_SIMD names no instructions that are known", expected: known.joined(separator: ", "),
        found: name, next: "unset CAMBIUM_SIMD: the best instructions of the machine are used then", exit: .usage)
    case .outputLost(let reason):
      Diagnostic(
        "E_OUTPUT_LOST", "standard output took not all of the result: \(reason); the work is done",
        next: "give the output a place that takes it, then run the same command again", exit: .io)
    case .interrupted:
      Diagnostic("E_INTERRUPTED", "interrupted", next: "run the same command again", exit: .interrupted)
    case .failure(let said):
      .fault("E_FAILURE", said)
    }
  }
}
