/// Name and version that receipts, locks and reports carry. A new version redoes every stage.
public enum Tool {
  /// The release.
  public static let version = Release.version
  /// What receipts, locks and reports carry.
  public static let name = "cambium \(version)"
}
