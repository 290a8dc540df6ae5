import Conversion
import Planning
import Testing

/// What stands above the plan: the sizes of all files, and the other folder of the same manifest.
@Suite struct ForecastTests {
  @Test func `the plan's digest does not contain the sizes of the files beside the weights`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let before = try shop.open()
      try writeBytes(Array("---\nlicense: mit\n---\nAnother card, which is longer.\n".utf8), shop.source + "/README.md")
      let after = try shop.open()
      let card = { (run: Run) in run.forecast.files.first { $0.path == "README.md" }?.bytes }
      #expect(card(before) != card(after))
      #expect(before.plan.digest == after.plan.digest)
    }
  }

  @Test func `the forecast lists the plan's weight files first, then every other file by path`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let run = try shop.open()
      let paths = run.forecast.files.map(\.path)
      let others = paths.dropFirst(run.plan.weights.count)
      #expect(Array(paths.prefix(run.plan.weights.count)) == run.plan.weights.map(\.path))
      #expect(Array(others) == others.sorted())
      #expect(run.forecast.outputBytes == run.forecast.files.reduce(0) { $0 + $1.bytes })
    }
  }

  @Test func `the run beside a run makes what a run of its own makes, and opens nothing anew`() throws {
    try withWorkshop(source: TinyCheckpoint(.mixture)) { shop in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      let first = try shop.open()
      var options = shop.options
      options.target = .drafter
      let own = try shop.open(options)
      // What the manifest says now is not looked at.
      try writeBytes([], shop.manifest)
      let beside = try first.beside(.drafter)
      #expect(beside.plan.digest == own.plan.digest)
      #expect(beside.resolution.output == own.resolution.output)
      #expect(beside.work == own.work)
      #expect(beside.report.text(everyTensor: true) == own.report.text(everyTensor: true))
    }
  }
}
