/// Name and version that receipts, locks and reports carry. A new version redoes every stage.
public enum Tool {
  public static let version = Release.version
  public static let name = "cambium \(version)"
}
