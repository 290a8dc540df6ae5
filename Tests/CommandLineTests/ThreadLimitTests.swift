import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A user may be allowed fewer threads than a command would like.
@Suite(.serialized) struct ThreadLimitTests {
  /// Starts the program with a limit on the user's processes. The superuser has none, so it is nobody who is limited.
  private static func limited(_ count: Int) -> String {
    let user = getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""
    return "exec prlimit --nproc=\(count):\(count) \(user) \"$@\""
  }

  private static let canBeLimited: Bool = {
    let tools = getuid() == 0 ? ["prlimit", "setpriv"] : ["prlimit"]
    return tools.allSatisfy { access("/usr/bin/" + $0, X_OK) == 0 }
  }()

  private static let commands: [(program: String, arguments: [String])] = [
    ("cambium", ["run", "m.json", "--threads", "8"]), ("cambium", ["verify", "out", "--threads", "8"]),
    ("cambium", ["diff", "out", "out", "--threads", "8"]), ("cambium", ["inspect", "out"]),
    ("cambium", ["package", "out", "--archive", "--output", "out.tar.zst", "--threads", "8"]),
    ("verify-runner", ["generate", "out", "--prompt", "a", "--limit", "1", "--threads", "8"]),
    ("verify-runner", ["check", "out", "--limit", "2", "--depths", "1", "--threads", "8"]),
  ]

  @Test(.enabled("the limit can be set", { ThreadLimitTests.canBeLimited }), arguments: [1, 2, 4, 8])
  func `07 a command whose user may start hardly any thread ends, with success or with a code`(limit: Int) throws {
    for (program, arguments) in ThreadLimitTests.commands {
      let folder = try Demo.folder()
      if arguments[0] != "run" {
        try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
      let outcome = try CambiumProcess.run(
        arguments, program: program, in: folder.path, limits: ThreadLimitTests.limited(limit))
      // What nobody does elsewhere counts: the system may refuse to start the program itself.
      if outcome.end == .exit(126), outcome.err.contains("setpriv: failed to execute") { continue }
      let isCoded = outcome.err.contains("error: E_THREADS")
      #expect(outcome.isSuccess || isCoded, "\(limit): \(program) \(arguments[0]): \(outcome.summary)")
    }
  }
}
