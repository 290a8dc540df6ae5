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
    try own.refuseUnknown(["prompts", "tokens", "depths", "acceptance_floor", "relative_floor", "optional"])
    return .fields(
      DecodeCheck.Fields(
        prompts: try own.optionalInt("prompts", in: 1...DecodeCheck.mostPrompts),
        tokens: try own.optionalInt("tokens", in: 1...DecodeCheck.mostTokens), depths: try depths(own),
        acceptanceFloor: try fraction(own, "acceptance_floor"), relativeFloor: try fraction(own, "relative_floor"),
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
