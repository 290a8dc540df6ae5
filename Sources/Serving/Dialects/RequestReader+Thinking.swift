import StrictJSON

extension RequestReader {
  /// Sets whether the model thinks first, and how much: many servers' clients have a separate word for it, and each is taken.
  /// Two words that contradict each other are refused, since either could be the one that is meant.
  func setThinking(_ fields: RequestFields, _ conversation: inout Conversation) throws(APIError) {
    var wishes = ThinkingWishes()
    if let effort = try fields.string("reasoning_effort", bytes: 64) {
      try wishes.take(effort: effort, fields.name("reasoning_effort"))
    }
    if let flag = try fields.bool("enable_thinking") { try wishes.take(flag, fields.name("enable_thinking")) }
    if let reasoning = try fields.object("reasoning") {
      if let effort = try reasoning.string("effort", bytes: 64) {
        try wishes.take(effort: effort, reasoning.name("effort"))
      }
      if let flag = try reasoning.bool("enabled") { try wishes.take(flag, reasoning.name("enabled")) }
    }
    // A flag, or a word for how much.
    if let word = fields["think"]?.stringValue {
      try wishes.take(effort: word, fields.name("think"))
    } else if let flag = try fields.bool("think") {
      try wishes.take(flag, fields.name("think"))
    }
    if let flag = fields["thinking"]?.boolValue {
      try wishes.take(flag, fields.name("thinking"))
    } else if let thinking = try fields.object("thinking") {
      let type = try thinking.required("type", bytes: 64)
      switch type {
      case "enabled": try wishes.take(true, thinking.name("type"))
      case "disabled": try wishes.take(false, thinking.name("type"))
      case "adaptive", "auto": break
      default: throw .unsupported(thinking.name("type"), "must be enabled, adaptive or disabled")
      }
    }
    conversation.thinks = wishes.thinks?.value
    conversation.effort = wishes.effort?.value
  }
}

/// What a request says of thoughts, and where.
private struct ThinkingWishes {
  var thinks: (value: Bool, place: String)?
  var effort: (value: String, place: String)?

  mutating func take(_ value: Bool, _ place: String) throws(APIError) {
    if let before = thinks, before.value != value { throw Self.conflict(place, before.place) }
    thinks = thinks ?? (value, place)
  }

  /// `none` leaves thoughts out; every other word is the template's, if it knows them, and says nothing of whether.
  mutating func take(effort: String, _ place: String) throws(APIError) {
    guard effort != "none" else { return try take(false, place) }
    if let before = self.effort, before.value != effort { throw Self.conflict(place, before.place) }
    self.effort = self.effort ?? (effort, place)
  }

  private static func conflict(_ place: String, _ before: String) -> APIError {
    .field(place, "says otherwise than \(before): leave one of both out", code: "conflicting_values")
  }
}
