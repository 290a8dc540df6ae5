import Checking
import Diagnostics
import Inference
import Testing

/// A check that finds nothing proves nothing: each fault that a decoder can have is planted, and must be found.
@Suite struct PlantedDefectTests {
  private func subjects(
    _ model: LoadedModel, _ prompts: [EncodedPrompt], _ defect: PlantedDefect?
  ) throws -> (found: Set<Difference.Subject>, report: CheckReport) {
    var options = CheckOptions(depths: [1, 2, 4], limit: 32)
    options.plantedDefect = defect
    let report = try Check(model, options).run(prompts)
    return (Set(report.differences.map(\.subject)), report)
  }

  @Test(arguments: Models.references, [PlantedDefect.recurrentRollback, .convolutionRollback])
  func `refused drafts left in the state change logits and state`(_ name: String, _ defect: PlantedDefect) throws {
    let (found, report) = try subjects(Models.reference(name), Models.madeUp, defect)
    #expect(found.isSuperset(of: [.logits, .state]))
    #expect(!report.passed)
    let failure = try #require(report.failure(path: "package"))
    #expect(failure.diagnostic.code == "E_CHECK_DIFFERENT" && failure.diagnostic.exitStatus == .verificationFailed)
    #expect(report.text.contains("DIFFERENT") && report.text.contains("FAILED"))
    // The measure is untouched.
    #expect(report.digest == (try subjects(Models.reference(name), Models.madeUp, nil).report.digest))
  }

  @Test(arguments: Models.references)
  func `rows of refused drafts in the head's cache change drafts and nothing else`(_ name: String) throws {
    let (found, report) = try subjects(Models.reference(name), Models.madeUp, .headCache)
    #expect(found == [.drafts])
    #expect(!report.passed)
  }

  @Test(arguments: PlantedDefect.allCases)
  func `every defect is found in a trained model too`(_ defect: PlantedDefect) throws {
    let (found, _) = try subjects(Models.demo(), Models.bundled(), defect)
    #expect(!found.isEmpty)
  }

  @Test(arguments: [Float(1), -1])
  func `head norms shifted twice, or never, change no token, but fall below the floor`(_ shift: Float) throws {
    let shifted = try DemoCheckpoint(normShift: shift)
    // The whole head has 0.84; shifted twice it still has 0.76, never shifted 0.05.
    let options = CheckOptions(depths: [1, 2], limit: 24, minAcceptance: 0.8)
    let encoder = PromptEncoder(folder: shifted.path)
    let prompts = try BundledPrompts.all.map(encoder.encode)
    let whole = try Check(Models.demo(), options).run(prompts)
    let damaged = try Check(LoadedModel.open(shifted.path), options).run(prompts)
    #expect(whole.passed)
    #expect(damaged.differences.isEmpty && damaged.digest == whole.digest)
    #expect(damaged.belowFloor.map(\.setting) == ["mtp-1", "mtp-2"])
    let failure = try #require(damaged.failure(path: "package"))
    #expect(failure.diagnostic.code == "E_CHECK_ACCEPTANCE" && failure.diagnostic.exitStatus == .verificationFailed)
  }
}
