import StrictJSON

extension RuleParser {
  /// `check`: `false`, or an object.
  func check(_ fields: JSONFields) throws -> DecodeCheck.Choice? {
    guard let value = fields.value["check"] else { return nil }
    if value.boolValue == false { return .off }
    guard value.members != nil else {
      throw ManifestError.value(
        place: place(value), field: "check", expected: "false, or an object", found: value.typeName)
    }
    let own = try JSONFields(value, file: file, what: "check")
    try own.refuseUnknown([
      "prompts", "tokens", "depths", "acceptance_floor", "relative_floor", "source", "max_kl", "min_top1", "optional",
    ])
    let maxKL = try own.optionalNumber("max_kl")
    if let maxKL, !(maxKL > 0 && maxKL < 1e6) {
      throw ManifestError.value(
        place: place(own.value["max_kl"] ?? own.value), field: "max_kl", expected: "a number above 0", found: "\(maxKL)"
      )
    }
    return .fields(
      DecodeCheck.Fields(
        prompts: try own.optionalInt("prompts", in: 1...DecodeCheck.mostPrompts),
        tokens: try own.optionalInt("tokens", in: 1...DecodeCheck.mostTokens), depths: try depths(own),
        acceptanceFloor: try fraction(own, "acceptance_floor"), relativeFloor: try fraction(own, "relative_floor"),
        comparesSource: try own.optionalBool("source"), maxKL: maxKL, minTop1: try fraction(own, "min_top1"),
        isOptional: try own.optionalBool("optional")))
  }

  private func depths(_ fields: JSONFields) throws -> [Int]? {
    guard let values = try fields.optionalArray("depths") else { return nil }
    let depths = values.compactMap(\.intValue).filter { (1...DecodeCheck.deepest).contains($0) }
    guard !depths.isEmpty, depths.count == values.count, Set(depths).count == depths.count else {
      throw ManifestError.value(
        place: place(fields.value["depths"] ?? fields.value), field: "depths",
        expected: "at least one number from 1 to \(DecodeCheck.deepest), none twice",
        found: String(decoding: JSONWriter.canonical(.array(values)).prefix(60), as: UTF8.self))
    }
    return depths.sorted()
  }
}
