import Diagnostics

/// Sections that every help page ends with, as lines of less than 80 columns.
package enum HelpSections {
  /// The exit codes of a command.
  /// - Parameter verdicts: Codes that mean something for this command alone, with their words; they come with those that
  ///   every command has.
  package static func exitCodes(_ verdicts: [ExitStatus: String] = [:]) -> String {
    let words = common.merging(verdicts) { $1 }
    let rows = ExitStatus.allCases.compactMap { status in words[status].map { (String(status.rawValue), $0) } }
    return section("Exit codes", rows)
  }

  /// The environment variables of a command.
  package static func environment(_ variables: [EnvironmentVariable]) -> String {
    section("Environment", variables.flatMap(\.rows))
  }

  private static let common: [ExitStatus: String] = [
    .ok: "done", .failure: "a failure that no other code describes", .usage: "the command line is wrong",
    .badInput: "an input is wrong", .missingInput: "an input is missing", .io: "reading or writing failed",
    .interrupted: "ended by Ctrl-C; 143 by SIGTERM",
  ]

  /// A title, and rows whose first parts have one width.
  private static func section(_ title: String, _ rows: [(name: String, text: String)]) -> String {
    let width = rows.map(\.name.count).max() ?? 0
    let lines = rows.map { name, text in
      "  " + name + String(repeating: " ", count: width - name.count) + "  " + text
    }
    return ([title + ":"] + lines).joined(separator: "\n")
  }
}
