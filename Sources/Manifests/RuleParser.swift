import Checkpoint
import Quantization
import StrictJSON

/// Reads what manifests and pipelines share: number formats, rules, thresholds.
struct RuleParser {
  let file: String

  func place(_ value: JSONValue) -> String { value.position.map { "\(file):\($0.line):\($0.column)" } ?? file }

  func choice(_ value: JSONValue) throws -> QuantizationChoice {
    let fields = try JSONFields(value, file: file, what: "quantization")
    try fields.refuseUnknown(["mode", "bits", "group_size", "reference", "scale_rule", "scales"])
    return QuantizationChoice(
      mode: try word(fields, "mode"), bits: try fields.optionalInt("bits", in: 1...64),
      groupSize: try fields.optionalInt("group_size", in: 1...65_536), reference: try word(fields, "reference"),
      scaleRule: try word(fields, "scale_rule"), scales: try word(fields, "scales"), place: place(value))
  }

  func rules(_ values: [JSONValue], owner: String, mustMatch: (Rule.Selector) -> Bool) throws -> [Rule] {
    try values.enumerated().map { number, value in
      let fields = try JSONFields(value, file: file, what: "rule")
      try fields.refuseUnknown(["role", "match", "treatment", "why"])
      let role: TensorRole? = try word(fields, "role")
      let match = try fields.optionalString("match")
      let selector: Rule.Selector
      switch (role, match) {
      case (let role?, nil): selector = .role(role)
      case (nil, let match?): selector = .match(Glob(match))
      default:
        throw ManifestError.value(
          place: place(value), field: "rule", expected: "either role or match",
          found: role == nil ? "neither" : "both")
      }
      guard let treatment = value["treatment"] else {
        throw ManifestError.value(
          place: place(value), field: "treatment", expected: "keep, quantize, drop, {\"cast\": …} or {\"quantize\": …}",
          found: "nothing")
      }
      return Rule(
        selector: selector, treatment: try self.treatment(treatment), why: try fields.optionalString("why"),
        name: "\(owner) rule \(number + 1)", mustMatch: mustMatch(selector), place: place(value))
    }
  }

  private func treatment(_ value: JSONValue) throws -> Treatment {
    if let word = value.stringValue {
      switch word {
      case "keep": return .keep
      case "drop": return .drop
      case "quantize": return .quantize(nil)
      default: break
      }
    } else if let cast = value["cast"], value.members?.count == 1, let name = cast.stringValue,
      let type = FloatType(rawValue: name)
    {
      return .cast(type)
    } else if let quantize = value["quantize"], value.members?.count == 1 {
      return .quantize(try choice(quantize))
    }
    throw ManifestError.value(
      place: place(value), field: "treatment",
      expected: "\"keep\", \"quantize\", \"drop\", {\"cast\": \"bf16\"|\"f16\"|\"f32\"} or {\"quantize\": {…}}",
      found: String(decoding: JSONWriter.canonical(value).prefix(60), as: UTF8.self))
  }

  func thresholds(_ value: JSONValue?) throws -> Thresholds {
    guard let value else { return Thresholds() }
    let fields = try JSONFields(value, file: file, what: "thresholds")
    try fields.refuseUnknown(["min_cosine", "mean_cosine", "max_relative_rms", "by_role"])
    var byRole: [TensorRole: Thresholds.Limits] = [:]
    if let roles = try fields.optionalObject("by_role") {
      for member in roles.value.members ?? [] {
        guard let role = TensorRole(rawValue: member.key) else {
          throw ManifestError.value(
            place: place(member.value), field: "by_role", expected: list(TensorRole.self), found: member.key)
        }
        let limits = try JSONFields(member.value, file: file, what: "thresholds of \(member.key)")
        try limits.refuseUnknown(["min_cosine", "mean_cosine", "max_relative_rms"])
        byRole[role] = try self.limits(limits)
      }
    }
    return Thresholds(all: try limits(fields), byRole: byRole)
  }

  private func limits(_ fields: JSONFields) throws -> Thresholds.Limits {
    Thresholds.Limits(
      minCosine: try fraction(fields, "min_cosine"), meanCosine: try fraction(fields, "mean_cosine"),
      maxRelativeRMS: try fraction(fields, "max_relative_rms"))
  }

  func fraction(_ fields: JSONFields, _ key: String) throws -> Double? {
    guard let number = try fields.optionalNumber(key) else { return nil }
    guard (0...1).contains(number) else {
      throw ManifestError.value(
        place: place(fields.value), field: key, expected: "a number from 0 to 1", found: "\(number)")
    }
    return number
  }

  /// A string that is one of an enumeration's words.
  func word<Word: RawRepresentable & CaseIterable>(_ fields: JSONFields, _ key: String) throws -> Word?
  where Word.RawValue == String {
    guard let text = try fields.optionalString(key) else { return nil }
    guard let word = Word(rawValue: text) else {
      throw ManifestError.value(
        place: place(fields.value[key] ?? fields.value), field: key, expected: list(Word.self), found: text)
    }
    return word
  }

  /// A list of at least one word of an enumeration, none twice.
  func words<Word: RawRepresentable & CaseIterable & Hashable>(_ fields: JSONFields, _ key: String) throws -> [Word]?
  where Word.RawValue == String {
    guard let values = try fields.optionalArray(key) else { return nil }
    let words = try values.map { value in
      guard let word = value.stringValue.flatMap(Word.init(rawValue:)) else {
        throw ManifestError.value(
          place: place(value), field: key, expected: list(Word.self), found: value.stringValue ?? "something else")
      }
      return word
    }
    guard !words.isEmpty, Set(words).count == words.count else {
      throw ManifestError.value(
        place: place(fields.value[key] ?? fields.value), field: key,
        expected: "at least one of \(list(Word.self)), none twice",
        found: words.isEmpty ? "none" : words.map(\.rawValue).joined(separator: ", "))
    }
    return words
  }

  private func list<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> String where Word.RawValue == String {
    Word.allCases.map(\.rawValue).joined(separator: ", ")
  }

  func requireVersion(_ fields: JSONFields, _ key: String) throws {
    let version = try fields.int(key)
    guard version == 1 else {
      throw ManifestError.version(
        place: place(fields[key] ?? fields.value), expected: "\"\(key)\": 1", found: "\(version)")
    }
  }
}
