import Digests
import StrictJSON

/// A JSON document with one thing in it changed.
struct Damage: CustomStringConvertible {
  enum Kind: String {
    /// A field that is gone, and one that nobody knows.
    case removed, surplus
    /// An element that is gone.
    case shortened
    /// Another type, and `null`.
    case type, null
    /// The right type, and none that the field allows.
    case value
  }

  let kind: Kind
  /// `tensors[3].written[0].bytes`
  let place: String
  /// The same without the numbers of elements.
  let pattern: String
  /// What a message has to name: the last key, with the number of the element where it is one.
  let field: String
  let document: JSONValue

  var description: String { "\(kind.rawValue) \(place)" }

  /// Every field and element of a document damaged in every way. Of the elements of a list, the last one and one of
  /// each shape are: a hundred tensors of the same fields are read by the same lines.
  static func all(of document: JSONValue) -> [Damage] {
    var found: [Damage] = []
    walk(document, Place(name: "", pattern: "", field: "")) { kind, place, value in
      found.append(
        Damage(kind: kind, place: place.name, pattern: place.pattern, field: place.field, document: value))
    }
    return found
  }

  private struct Place {
    let name: String
    let pattern: String
    let field: String

    /// The last key.
    var key: String { String(field.prefix { $0 != "[" }) }

    func member(_ key: String) -> Place {
      let dot = name.isEmpty ? "" : "."
      return Place(name: name + dot + key, pattern: pattern + dot + key, field: key)
    }

    func element(_ number: Int) -> Place {
      Place(name: "\(name)[\(number)]", pattern: pattern + "[]", field: "\(field)[\(number)]")
    }
  }

  /// - Parameter report: takes the whole with a part of it replaced.
  private static func walk(_ value: JSONValue, _ place: Place, _ report: (Kind, Place, JSONValue) -> Void) {
    switch value.content {
    case .object(let members):
      for (number, member) in members.enumerated() {
        let inner = place.member(member.key)
        var rest = members
        rest.remove(at: number)
        report(.removed, inner, JSONValue(.object(rest)))
        each(member.value, inner) { kind, place, value in
          var changed = members
          changed[number].value = value
          report(kind, place, JSONValue(.object(changed)))
        }
      }
      report(.surplus, place.member("surplus"), JSONValue(.object(members + [.init(key: "surplus", value: 7)])))
    case .array(let elements):
      for number in samples(elements) {
        var rest = elements
        rest.remove(at: number)
        report(.shortened, place, JSONValue(.array(rest)))
        each(elements[number], place.element(number)) { kind, place, value in
          var changed = elements
          changed[number] = value
          report(kind, place, JSONValue(.array(changed)))
        }
      }
    default: break
    }
  }

  /// A value itself, then what is in it.
  private static func each(_ value: JSONValue, _ place: Place, _ report: (Kind, Place, JSONValue) -> Void) {
    if !value.isNull { report(.null, place, nil) }
    report(.type, place, otherType(value))
    if let other = otherValue(value, key: place.key) { report(.value, place, other) }
    walk(value, place, report)
  }

  private static func otherType(_ value: JSONValue) -> JSONValue {
    switch value.content {
    case .string, .bool: 7
    case .number, .array: "text"
    case .object: []
    case .null: JSONValue.object([])
    }
  }

  /// Texts with a stated form: digests, words of ours, numbers by their bits.
  private static let statedTexts: Set<String> = [
    "_type", "adapter_sha256", "buildType", "delta_sums", "error_sums", "invocationId", "max_relative_rms",
    "mean_cosine", "min_cosine", "mode", "norm_convention", "origin", "part_tree_sha256", "predicateType", "reference",
    "role", "scale_rule", "scales", "source_norm_convention", "stamp", "target", "units", "verdict",
  ]

  /// Below every range, no digest, and no word of ours; nil for a text that may be any.
  private static func otherValue(_ value: JSONValue, key: String) -> JSONValue? {
    switch value.content {
    case .number: -1
    case .string(let text): statedTexts.contains(key) || SHA256Digest(hex: text) != nil ? "no such \u{E9}" : nil
    default: nil
    }
  }

  private static func samples(_ elements: [JSONValue]) -> [Int] {
    var shapes: Set<String> = []
    return elements.indices.filter { shapes.insert(shape(elements[$0])).inserted || $0 == elements.count - 1 }
  }

  /// The keys of a value and what is in it.
  private static func shape(_ value: JSONValue) -> String {
    switch value.content {
    case .object(let members): "{" + members.map { $0.key + shape($0.value) }.joined(separator: ",") + "}"
    case .array(let elements): "[" + (elements.first.map(shape) ?? "") + "]"
    case .null: "n"
    default: ""
    }
  }
}
