import Foundation
import StrictJSON
import Testing

/// Killed before or behind any write, sync, rename or journal line, a run leaves nothing torn under the output's name,
/// and the next run ends with the same bytes.
@Suite struct CrashSweepTests {
  /// A point and the passes at which to die; a run has about as many as the last says.
  struct Sweep: Sendable, CustomTestStringConvertible {
    let point: String
    let first: Int
    let stride: Int
    let atLeast: Int
    var testDescription: String { "\(point), every \(stride) from \(first)" }
  }

  /// Two starts each for the long ones, so that both cores have work; odd strides meet odd and even passes.
  static let sweeps = [
    Sweep(point: "journal", first: 1, stride: 1, atLeast: 8),
    Sweep(point: "rename", first: 1, stride: 5, atLeast: 14), Sweep(point: "remove", first: 2, stride: 3, atLeast: 6),
    Sweep(point: "fsync", first: 1, stride: 17, atLeast: 12), Sweep(point: "fsync", first: 9, stride: 17, atLeast: 12),
    Sweep(point: "write", first: 1, stride: 51, atLeast: 11), Sweep(point: "write", first: 26, stride: 51, atLeast: 11),
  ]

  @Test(arguments: sweeps) func `a crash anywhere leaves nothing torn and resumes to the same bytes`(sweep: Sweep)
    throws
  {
    let reference = try Demo.reference.get().path
    var crashes = 0
    var pass = sweep.first
    while true {
      let folder = try Demo.folder()
      let threads = ["--threads", crashes.isMultiple(of: 2) ? "1" : "2"]
      // Every third dies again, somewhere else, before it is let through.
      let passes = crashes.isMultiple(of: 3) ? [pass, max(1, pass / 2)] : [pass]
      var killed = 0
      for pass in passes {
        let outcome = try runDemo(folder, threads, environment: ["CAMBIUM_CRASH_AT": "\(sweep.point):\(pass)"])
        if outcome.end == .signal(SIGKILL) { killed += 1 } else { #expect(outcome.isSuccess, "\(outcome.summary)") }
        let place = "\(sweep.point):\(pass)"
        if folder.exists("out") { #expect(differences(reference, folder["out"]) == [], "\(place)") }
        if folder.exists("m.lock.json") {
          #expect(throws: Never.self, "\(place)") { try document(folder.text("m.lock.json")) }
        }
        for receipt in folder.tree() where receipt.hasSuffix("/receipt.json") {
          #expect(throws: Never.self, "\(place)") { try document(folder.text(receipt)) }
        }
      }
      let outcome = try runDemo(folder, threads)
      #expect(outcome.isSuccess, "\(sweep.point):\(pass): \(outcome.summary)")
      try expectReference(folder, "\(sweep.point):\(pass)")
      crashes += killed
      if killed == 0 { break }
      pass += sweep.stride
      guard pass < 5000 else { break }
    }
    #expect(crashes >= sweep.atLeast)
  }

  /// Losing what was not synced must not matter: with seed 0 all of it is lost, with others some.
  @Test(arguments: ["write", "fsync", "rename", "remove", "journal"], [0, 3])
  func `a power cut resumes to the same bytes`(
    point: String, seed: Int
  ) throws {
    let reference = try Demo.reference.get().path
    var cuts = 0
    for pass in [2, 5, 33, 58, 77, 150, 301] {
      let folder = try Demo.folder()
      let place = "\(point):\(pass)"
      let outcome = try runDemo(folder, environment: ["CAMBIUM_CRASH_AT": place, "CAMBIUM_POWER_LOSS": "\(seed)"])
      if outcome.end == .signal(SIGKILL) { cuts += 1 } else { break }
      if folder.exists("out") { #expect(differences(reference, folder["out"]) == [], "\(place)") }
      let next = try runDemo(folder)
      #expect(next.isSuccess, "\(place): \(next.summary)")
      try expectReference(folder, place)
      #expect(!folder.tree().contains { $0.hasSuffix("journal.jsonl") }, "\(place)")
    }
    #expect(cuts >= 2)
  }

  @Test func `five crashes in a row, each a little later, end with the same bytes`() throws {
    let folder = try Demo.folder()
    for (number, pass) in [2, 11, 23, 37, 53].enumerated() {
      let outcome = try runDemo(folder, environment: ["CAMBIUM_CRASH_AT": "fsync:\(pass)"])
      #expect(outcome.end == .signal(SIGKILL) || number > 0, "\(outcome.summary)")
    }
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test func `twelve runs that die at their sixth pass of a rename do not harm the thirteenth`() throws {
    let folder = try Demo.folder()
    for _ in 0..<12 {
      // The package is made in one go: runs that always die early come no farther than its first files.
      let outcome = try runDemo(folder, environment: ["CAMBIUM_CRASH_AT": "rename:6"])
      #expect(outcome.end == .signal(SIGKILL), "\(outcome.summary)")
      #expect(!folder.exists("out"))
    }
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }
}
