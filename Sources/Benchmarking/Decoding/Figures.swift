/// Figures of a list of measurements.
public enum Figures {
  /// The value below which a share of the values is: between the two nearest in order, in proportion (what numpy calls
  /// `linear`). Nil for no values.
  /// - Parameters:
  ///   - values: The values, in any order.
  ///   - share: The share, 0 to 1.
  public static func percentile(_ values: [Double], _ share: Double) -> Double? {
    guard !values.isEmpty else { return nil }
    let order = values.sorted()
    let place = Double(order.count - 1) * min(max(share, 0), 1)
    let low = Int(place)
    let high = min(low + 1, order.count - 1)
    return order[low] + (order[high] - order[low]) * (place - Double(low))
  }

  /// The value in the middle; nil for no values.
  public static func median(_ values: [Double]) -> Double? { percentile(values, 0.5) }

  /// The arithmetic mean; nil for no values.
  public static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
