import Checking
import Inference
import TestSupport
import Testing

/// The check of drafters other than the MTP head.
@Suite struct DrafterCheckTests {
  private static let folder = Repository.tests("InferenceTests") + "/Fixtures/drafters/"

  private func demo() throws -> LoadedModel {
    try LoadedModel.open(
      DemoCheckpoint.shared.get().path, drafters: [Self.folder + "demo-dflash", Self.folder + "tiny-eagle3"])
  }

  private func report(
    _ model: LoadedModel, _ decoders: [DecodingMethod], forced: Bool = false, defect: PlantedDefect? = nil
  ) throws -> CheckReport {
    var options = CheckOptions(depths: [], limit: 24)
    options.decoders = decoders
    options.forced = forced
    options.plantedDefect = defect
    return try Check(model, options).run(Models.bundled(["code", "tool"]))
  }

  @Test func `every drafter, drafters in turn, the hybrid and forced drafts give what vanilla gives`() throws {
    let model = try demo()
    let report = try report(model, DecodingMethod.all(of: model), forced: true)
    #expect(report.passed, "\(report.text)")
    #expect(
      report.settings.map(\.name) == [
        "lookup-1", "lookup", "dflash-1", "dflash-4", "dflash", "eagle3-1", "eagle3", "eagle3-8", "hybrid-table",
        "hybrid", "in-turn", "forced",
      ])
    // What goes by a clock, and what is not the model's, has no acceptance.
    let counted = report.settings.filter(\.hasCounts).map(\.name)
    #expect(!counted.contains("hybrid") && !counted.contains("forced") && counted.contains("hybrid-table"))
    #expect(try #require(report.settings.first { $0.name == "dflash" }?.total.share(0)) > 0.4)
    let again = try self.report(model, [.dflash(), .hybrid(.table)])
    for setting in again.settings {
      #expect(setting.acceptance == report.settings.first { $0.name == setting.name }?.acceptance)
    }
  }

  @Test(arguments: [PlantedDefect.recurrentRollback, .convolutionRollback])
  func `refused drafts left in the state are found with each drafter`(_ defect: PlantedDefect) throws {
    let report = try report(demo(), [.dflash(), .eagle3(), .inTurn], forced: true, defect: defect)
    for setting in report.settings {
      let found = Set(setting.differences.map(\.subject))
      #expect(found.isSuperset(of: [.logits, .state]), "\(setting.name): \(found)")
    }
  }

  @Test func `a floor is the head's, and no other drafter's`() throws {
    var options = CheckOptions(depths: [1], limit: 12, minAcceptance: 0.01)
    options.decoders = [.eagle3()]
    let report = try Check(demo(), options).run(Models.bundled(["code"]))
    #expect(report.passed && report.settings.map(\.name) == ["mtp-1", "eagle3"])
  }

  @Test func `a drafter that is not there is refused`() throws {
    let error = #expect(throws: InferenceError.self) { try report(Models.demo(), [.dflash()]) }
    #expect(error?.diagnostic.code == "E_DRAFTER_MISSING")
  }
}
