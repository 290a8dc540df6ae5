import Foundation
import StrictJSON

/// A number with a fixed count of decimals and a point, whatever the locale.
package func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

/// A number with six significant digits: more than the platforms' logarithms agree on is not worth printing.
func significant(_ value: Double) -> String { String(format: "%.5e", value) }

extension JSONValue {
  /// A number, or null where there is none.
  package static func decimal(_ value: Double?, _ places: Int) -> JSONValue {
    guard let value, value.isFinite else { return .null }
    return JSONValue(.number(Checking.decimal(value, places)))
  }

  static func significant(_ value: Double) -> JSONValue {
    value.isFinite ? JSONValue(.number(Checking.significant(value))) : .null
  }

  /// A whole number, or null.
  package static func optional(_ value: Int?) -> JSONValue { value.map(JSONValue.int) ?? .null }
}
