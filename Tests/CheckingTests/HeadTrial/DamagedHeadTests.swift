import Checking
import SystemPackage
import Checkpoint
import Inference
import Testing

/// Heads that are complete and of the right shapes, and whose drafts are refused all the same: the check says why, by
/// trying repairs. Nothing of it changes a token.
@Suite struct DamagedHeadTests {
  private func report(_ demo: DemoCheckpoint) throws -> CheckReport {
    let options = CheckOptions(depths: [1], limit: 24, minAcceptance: 0.3)
    return try Check(LoadedModel.open(demo.path), options).run(Models.bundled())
  }

  @Test func `exchanged halves of fc are named, with the acceptance before and after`() throws {
    let report = try report(DemoCheckpoint.halvesExchanged())
    #expect(report.differences.isEmpty, "a damaged head changes no token")
    let trials = try #require(report.headTrials)
    #expect(trials.asItIs < 0.1, "\(trials)")
    #expect(trials.cure?.tensor == "mtp.fc.weight", "\(trials)")
    #expect((trials.cure?.share ?? 0) > 0.4, "\(trials)")
    let error = try #require(report.failure(path: "package")).diagnostic
    #expect(error.code == "E_CHECK_HEAD" && error.exitStatus == .verificationFailed)
    #expect(error.tensor == "mtp.fc.weight")
    #expect(error.found?.contains("halves of its columns are exchanged") == true)
    #expect(report.text.contains("mtp.fc.weight: the two halves of its columns are exchanged"))
    #expect(report.json["head_trials"]?["cure"]?.stringValue == "halves of fc exchanged")
  }

  @Test func `another model's head is helped by no repair`() throws {
    let report = try report(DemoCheckpoint.foreignHead())
    #expect(report.differences.isEmpty)
    let trials = try #require(report.headTrials)
    #expect(trials.cure == nil, "\(trials)")
    let error = try #require(report.failure(path: "package")).diagnostic
    #expect(error.code == "E_CHECK_ACCEPTANCE" && error.exitStatus == .verificationFailed)
    #expect(error.next?.contains("another model's") == true)
  }

  @Test func `a sound head is not tried`() throws {
    let report = try report(DemoCheckpoint.shared.get())
    #expect(report.passed)
    #expect(report.headTrials == nil)
  }

  /// What the repair does is what the defect undid: the drafts of both are those of the sound head.
  @Test func `the head with its halves exchanged back drafts as the sound one`() throws {
    let prompts = try Models.bundled()
    let sound = try Check(Models.demo(), CheckOptions(depths: [1], limit: 16)).run(prompts)
    let exchanged = try DemoCheckpoint.halvesExchanged()
    let repaired = try Check(
      LoadedModel.open(exchanged.path),
      CheckOptions(depths: [1], limit: 16, minAcceptance: 0.3)
    ).run(prompts)
    let share = try #require(sound.settings.first?.total.share(0))
    #expect(abs((repaired.headTrials?.cure?.share ?? 0) - share) < 0.02)
  }

  @Test func `folders with such heads look suspect before anything is decoded`() throws {
    let statistics = { (path: String) throws -> HeadStatistics? in
      let folder = try CheckpointFolder(.folder(FilePath(path)))
      return try folder.headStatistics(for: folder)
    }
    #expect(try statistics(DemoCheckpoint.shared.get().path)?.suspicions == [])
    let exchanged = try DemoCheckpoint.halvesExchanged()
    #expect(
      try statistics(exchanged.path)?.suspicions == [
        "mtp.fc.weight: its halves look exchanged: its columns go with the norms before them by 0.03 as stored, by 1.06 with the halves exchanged"
      ])
    let foreign = try DemoCheckpoint.foreignHead()
    let found = try statistics(foreign.path)?.suspicions ?? []
    #expect(
      found.count == 1 && found.first?.hasPrefix("mtp.norm.weight: looks like another model's") == true, "\(found)")
  }
}
