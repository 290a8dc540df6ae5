import Inference
import StrictJSON
import TestSupport
import Testing

/// A drafter that lies in its package, in the number formats of packages.
@Suite struct PackagedDrafterTests {
  private func withPackage(
    _ pipeline: String, drafter: String = Drafters.dflash, _ body: (String) throws -> Void
  ) throws {
    try withScratchFolder { folder in
      try body(
        convert(
          "", pipeline: pipeline, in: folder,
          [
            ("source", .string(Repository.demoTrunk)), ("donor", .string(Repository.demoDonor)), ("head", "graft"),
            ("drafter", .string(drafter)), ("check", false),
          ]))
    }
  }

  @Test(arguments: ["graft-only", "mxfp4", "affine4"])
  func `a package's own drafter is found, and every depth and decoder gives vanilla's bytes`(
    _ pipeline: String
  ) throws {
    try withPackage(pipeline) { package in
      let model = try LoadedModel.open(package)
      #expect(model.has(.dflash) && model.has(.mtp) && !model.has(.eagle3) && model.hasDrafter)
      #expect(DecodingMethod.best(of: model) == .hybrid())
      let plain = DecodingSession(model, threads: 1)
      let expected = try plain.run(Drafters.repeating, limit: 24)
      let others: [DecodingMethod] = [.lookup(), .mtp(depth: 3), .hybrid(.table), .inTurn]
      // The trained block drafts 7.
      for method in (1...9).map({ DecodingMethod.dflash(depth: $0) }) + others {
        let session = DecodingSession(model, threads: 2)
        let found = try session.run(Drafters.repeating, method, limit: 24)
        #expect(found.decoded == expected.decoded && session.stateDigest == plain.stateDigest, "\(method.name)")
      }
    }
  }

  @Test func `a given drafter goes before the package's own of its kind, and joins one of another`() throws {
    try withPackage("graft-only") { package in
      let given = try LoadedModel.open(package, drafters: [Drafters.fixtures + "/tiny-dflash2"])
      let own = try LoadedModel.open(package)
      let drafts = try [given, own].map {
        try DecodingSession($0, threads: 1).run(Drafters.repeating, .dflash(), limit: 16).drafts
      }
      #expect(drafts[0] != drafts[1])
      let both = try LoadedModel.open(package, drafters: [Drafters.eagle3])
      #expect(both.has(.eagle3) && both.has(.dflash) && both.mappedBytes > own.mappedBytes)
    }
  }

  @Test(arguments: 1...7)
  func `every depth of a chain gives vanilla's bytes`(_ depth: Int) throws {
    let model = try Drafters.demo([Drafters.eagle3])
    let plain = DecodingSession(model, threads: 1)
    let expected = try plain.run(Drafters.repeating, limit: 24)
    let session = DecodingSession(model, threads: 2, promptChunk: 6)
    let found = try session.run(Drafters.repeating, .eagle3(depth: depth), limit: 24)
    #expect(found.decoded == expected.decoded && session.stateDigest == plain.stateDigest)
  }
}
