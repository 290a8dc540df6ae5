import Planning
import Streaming

extension Run {
  /// What the run will do, for people and programs.
  public var report: PlanReport { PlanReport(plan, forecast, resolution) }

  /// What the run has done.
  public func report(_ summary: RunSummary) -> RunReport { RunReport(report, summary) }

  /// How far the run has come.
  /// - Throws: what reading the work folder throws.
  public func status() throws -> WorkStatus {
    try WorkStatus(work: work) {
      try WorkList(try InputFile.all(resolution), plan, headIsDonors: resolution.donor != nil).count
    }
  }
}
