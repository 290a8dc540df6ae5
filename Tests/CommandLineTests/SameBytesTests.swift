import TestSupport
import Foundation
import Testing

/// The same manifest gives the same package, however and wherever it is run.
@Suite struct SameBytesTests {
  @Test(arguments: [
    ["--threads", "1"], ["--threads", "2", "--memory", "64MiB"], ["--threads", "7", "--memory", "1GiB"],
    ["--quiet"], ["--json"],
  ]) func `threads, memory and output form do not matter`(options: [String]) throws {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder, options)
    #expect(outcome.isSuccess, "\(outcome.summary)")
    try expectReference(folder)
  }

  @Test func `time zone, locale and umask do not matter`() throws {
    let folder = try Demo.folder()
    let environment = ["TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "COLUMNS": "7"]
    let outcome = try runDemo(folder, ["--threads", "2"], environment: environment, limits: "umask 077")
    #expect(outcome.isSuccess, "\(outcome.summary)")
    try expectReference(folder)
  }

  @Test(arguments: ["portable", "avx2", "avx512", "neon"]) func `the vector unit does not matter`(tier: String) throws {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder, environment: ["CAMBIUM_SIMD": tier])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    try expectReference(folder)
  }

  @Test func `another place for work and output does not matter`() throws {
    let folder = try Demo.folder()
    try folder.makeFolder("elsewhere")
    let outcome = try CambiumProcess.run(
      ["run", "../m.json", "--work", "w", "--output", "../out"], in: folder["elsewhere"])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    try expectReference(folder)
    #expect(folder.exists("elsewhere/w/package/receipt.json"))
    #expect(!folder.exists("out.work"))
  }

  @Test func `a run killed at random, at least five times, ends with the same bytes`() throws {
    var generator = SplitMix(seed: 0x5eed)
    for _ in 0..<2 {
      let folder = try Demo.folder()
      var kills = 0
      while kills < 12 {
        // Held at some pass of some point, all threads wherever they are.
        let point = ["write", "fsync", "rename", "journal", "remove"][generator.below(5)]
        let pass = 1 + generator.below(point == "journal" ? 9 : 40)
        let process = try CambiumProcess(
          ["run", "m.json", "--threads", "2"], in: folder.path,
          environment: ["CAMBIUM_CRASH_AT": "\(point):\(pass):stop"])
        _ = try process.waitForStop()
        process.send(SIGKILL)
        let outcome = try process.wait()
        if outcome.end == .signal(SIGKILL) { kills += 1 } else { #expect(outcome.isSuccess, "\(outcome.summary)") }
        if folder.exists("out") {
          #expect(differences(try Demo.reference.get().path, folder["out"]) == [])
          // Finished: the rest of the kills go to another work folder.
          if kills >= 5 { break }
          try FileManager.default.removeItem(atPath: folder["out"])
          try FileManager.default.removeItem(atPath: folder["out.work"])
        }
      }
      #expect(kills >= 5)
      let outcome = try runDemo(folder)
      #expect(outcome.isSuccess, "\(outcome.summary)")
      try expectReference(folder)
    }
  }
}
