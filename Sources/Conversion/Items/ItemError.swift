import Diagnostics
import SystemPackage

/// What can go wrong between the work items of many machines and the package.
public enum ItemError: CambiumError {
  /// Work items have not been done yet, or a file system does not show them yet.
  case missing(work: FilePath, items: [String])
  /// Work items are there, and are not what their receipts say.
  case damaged(work: FilePath, items: [String])
  /// The work items were made by several builds of the program.
  case mixed(work: FilePath, builds: [String])
  /// The work folder is to be removed, and machines may be converting in it.
  case living(work: FilePath, attempts: [FilePath])
  /// An attempt's folder was taken away while it was filled.
  case attemptGone(path: FilePath)

  public var diagnostic: Diagnostic {
    switch self {
    case .missing(let work, let items):
      Diagnostic(
        "E_ITEMS_MISSING", "work items are missing", file: work, expected: "a finished folder of each item",
        found: ItemError.shown(items),
        next: "cambium status MANIFEST --partitions N --missing says which partitions are to be run; then merge again",
        exit: .resumable)
    case .damaged(let work, let items):
      Diagnostic(
        "E_ITEMS_DAMAGED", "work items are not what their receipts say", file: work,
        expected: "files as they were written", found: ItemError.shown(items),
        next: "run their partitions again, which makes anew what is damaged; check the storage; then merge again",
        exit: .verificationFailed)
    case .mixed(let work, let builds):
      Diagnostic(
        "E_ITEMS_MIXED", "the work items were made by several builds of the program", file: work,
        expected: "one build", found: ItemError.shown(builds),
        next: "make those of the other build anew in another work folder, or merge with --allow-mixed-tools",
        exit: .badInput)
    case .living(let work, let attempts):
      Diagnostic(
        "E_ATTEMPT_LIVES", "machines may be converting in the work folder", file: work, expected: "no living attempt",
        found: ItemError.shown(attempts.map(\.string)),
        next:
          "wait until those processes end, or end them; remove such a folder, HOST-PROCESS in its name, when its process is dead; then clean again",
        exit: .resumable)
    case .attemptGone(let path):
      Diagnostic(
        "E_ATTEMPT_GONE", "the folder of an attempt was taken away", file: path, expected: "the folder of this process",
        found: "nothing", next: "run the same command again: nothing that is finished is lost", exit: .resumable)
    }
  }

  private static func shown(_ all: [String]) -> String {
    all.prefix(5).joined(separator: "; ") + (all.count > 5 ? " and \(all.count - 5) more" : "")
  }
}
