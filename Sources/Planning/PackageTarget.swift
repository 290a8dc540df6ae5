import Manifests

/// Which folder is made of a manifest: the package, or a folder with the head alone beside it.
public enum PackageTarget: String, Sendable, CaseIterable {
  /// The package itself.
  case package
  /// `OUTPUT-mtp`: `model_type` is `qwen3_5_mtp`, tensors are named without `mtp.`; mlx-vlm loads it as a draft model.
  case drafter

  /// What is appended to the manifest's output.
  package var suffix: String { self == .package ? "" : "-mtp" }

  /// The folders that a manifest asks for, in the order in which they are made.
  public static func all(_ manifest: Manifest) -> [PackageTarget] {
    manifest.layouts.contains(.drafter) && manifest.head != Manifest.HeadChoice.none
      ? [.package, .drafter] : [.package]
  }
}
