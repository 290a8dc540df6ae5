/// What a reader makes of a folder.
public struct ReaderVerdict: Sendable, Equatable {
  /// The verdict in a word.
  public enum Word: String, Sendable, CaseIterable {
    /// The model, and the head to draft with.
    case withHead = "loads with head"
    /// The model alone.
    case withoutHead = "loads without head"
    /// It ends with an error.
    case refuses = "refuses"
    /// It loads, and computes something else.
    case corrupts = "would corrupt"

    /// Whether the reader cannot be used with the folder.
    package var isHarm: Bool { self == .refuses || self == .corrupts }
  }

  /// The verdict in a word.
  public let word: Word
  /// Why, in one sentence.
  public let reason: String

  init(_ word: Word, _ reason: String) {
    self.word = word
    self.reason = reason
  }
}

/// A program that loads MLX packages, in a range of versions that behave alike: which files it takes, what it renames,
/// drops and shifts. Sources: the loaders of these programs.
public struct Reader: Sendable {
  /// How a manifest names it.
  public let name: String
  /// Whether it can use a head at all.
  public let usesHeads: Bool
  let judge: @Sendable (PackageView) -> ReaderVerdict

  /// What the reader makes of a folder.
  public func verdict(of view: PackageView) -> ReaderVerdict { judge(view) }

  /// Every reader that is modelled, older versions first.
  public static let all: [Reader] = [
    mlxLM("mlx-lm<=0.31.3", headMeansRaw: true), mlxLM("mlx-lm>=0.32", headMeansRaw: false),
    mlxVLM("mlx-vlm<0.6.9", headMeansRaw: true, missesOverrides: true, draftsFromPackage: false),
    mlxVLM("mlx-vlm>=0.6.9,<0.6.12", headMeansRaw: false, missesOverrides: true, draftsFromPackage: false),
    mlxVLM("mlx-vlm>=0.6.12,<0.7.8", headMeansRaw: false, missesOverrides: false, draftsFromPackage: false),
    mlxVLM("mlx-vlm>=0.7.8", headMeansRaw: false, missesOverrides: false, draftsFromPackage: true),
    mlxSwiftLM("mlx-swift-lm<2026-08-31", headMeansRaw: true),
    mlxSwiftLM("mlx-swift-lm>=2026-08-31", headMeansRaw: false), vllmMLX, mlxMTP,
  ]

  /// What earlier versions called a range of releases.
  private static let earlierNames = [
    "mlx-vlm>=0.6.9": "mlx-vlm>=0.6.9,<0.6.12", "mlx-vlm>=0.6.12": "mlx-vlm>=0.6.12,<0.7.8",
  ]

  /// A reader by its name, or by the one that it had in earlier versions.
  public static func named(_ name: String) -> Reader? {
    let name = earlierNames[name] ?? name
    return all.first { $0.name == name }
  }
}
