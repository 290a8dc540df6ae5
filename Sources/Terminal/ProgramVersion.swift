import Diagnostics

/// What `--version` says. The commit is for people who report something: no file that is published names it.
package enum ProgramVersion {
  /// The name of a program, the release, and the commit from which it was built, as far as the build knew it.
  package static func text(_ program: String) -> String { "\(program) \(Release.version) (\(source))" }

  private static var source: String {
    guard let builtCommit else { return "unknown commit" }
    return "commit \(builtCommit)" + (builtWithChanges ? ", with changes" : "")
  }
}
