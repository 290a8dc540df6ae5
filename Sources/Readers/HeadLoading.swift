/// What becomes of a head in mlx-vlm's drafter, loaded from the package itself.
enum HeadLoading {
  static func verdict(_ view: PackageView) -> ReaderVerdict {
    let files = FileSelection.head(view)
    let names = files.flatMap(\.names).filter { $0.hasPrefix("mtp.") }
    guard !names.isEmpty else {
      let elsewhere = view.files.contains(where: \.hasHead) || view.files.contains { $0.name.contains("/") }
      return ReaderVerdict(
        .withoutHead,
        elsewhere ? "the head is not under mtp.* in a file of the folder itself" : "there is no head")
    }
    if let problem = view.headProblem { return ReaderVerdict(.withoutHead, "the drafter refuses the head: \(problem)") }
    let isMarked = files.contains { $0.format == "mlx" }
    if isMarked, names.contains(where: { $0.contains(".mlp.experts.") }) {
      return ReaderVerdict(
        .withoutHead, "the drafter refuses the head: it is marked format mlx, and its experts are not stacked")
    }
    if let reason = expertObstacle(view, files) {
      return ReaderVerdict(.withoutHead, "the drafter refuses the head: " + reason)
    }
    switch view.norms {
    case .sound:
      return ReaderVerdict(.withHead, "takes \(files.map(\.name).joined(separator: ", "))\(view.draftingLimit)")
    case .neverShifted:
      return ReaderVerdict(.corrupts, "the head's norms never had 1 added, so that no draft is accepted")
    case .shiftedTwice:
      return ReaderVerdict(.corrupts, "the head's norms had 1 added twice, so that no draft is accepted")
    }
  }

  /// One `num_experts` serves trunk and head.
  private static func expertObstacle(_ view: PackageView, _ files: [PackageView.File]) -> String? {
    guard let rows = view.headExperts(in: files), rows != view.model["E"] else { return nil }
    return "it has \(rows) experts, num_experts is \(view.model["E"])"
  }
}
