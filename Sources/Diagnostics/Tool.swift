/// Name and version that receipts, locks and reports carry. A new version redoes every stage.
public enum Tool {
  public static let version = "0.1.0"
  public static let name = "cambium \(version)"
}
