import StrictJSON

extension HubClient {
  /// What is known of whom a question concerns, so that an error can name it.
  struct Subject: Sendable {
    let name: HubName
    /// A file of the repository; nil for the repository itself.
    var file: String?

    /// `hub:org/name@revision/file`.
    var place: String { file.map { "\(name)/\($0)" } ?? name.description }
  }

  /// A whole answer in memory.
  /// - Parameters:
  ///   - address: On the hub.
  ///   - subject: The subject in messages.
  ///   - limit: Most bytes.
  /// - Throws: ``HubError``.
  func document(
    _ address: WebAddress, _ subject: Subject, limit: Int, leaving: (HTTPAnswer) throws -> Void = { _ in }
  ) throws -> (answer: HTTPAnswer, bytes: [UInt8]) {
    let place = subject.place
    var patience = Patience(settings, place: place)
    while true {
      var bytes: [UInt8] = []
      let question = Question(address: address, place: place, timeout: settings.answerTimeout)
      let outcome = try ask(question, leaving: leaving) { piece in
        guard piece.count <= limit - bytes.count else { throw HubError.tooLarge(place: place, limit: limit) }
        bytes += piece
      }
      switch outcome {
      case .answered(let answer): return (answer, bytes)
      case .broken(let error): try patience.wait(after: error)
      case .refused(let answer, let message):
        try patience.wait(after: transient(answer, message, subject), seconds: answer.secondsToWait)
      }
    }
  }

  /// The error of an answer that may be another one the next time.
  /// - Throws: the error of one that stays.
  func transient(_ answer: HTTPAnswer, _ message: String, _ subject: Subject) throws(HubError) -> HubError {
    switch answer.status {
    case 429: return .rateLimited(place: subject.place, seconds: answer.secondsToWait ?? 0)
    case 408, 500, 502, 503, 504: return .status(place: subject.place, status: answer.status, message: message)
    default: throw lasting(answer, message, subject)
    }
  }

  private func lasting(_ answer: HTTPAnswer, _ message: String, _ subject: Subject) -> HubError {
    let name = subject.name
    let hasToken = settings.token != nil
    guard settings.isHub(answer.address.origin) else {
      return .refused(place: "\(subject.place) at \(answer.address.origin)", status: answer.status, message: message)
    }
    switch (answer["x-error-code"], answer.status) {
    case ("GatedRepo", _):
      return .gated(
        name: name.description, page: settings.page(name.repository), hasToken: hasToken,
        message: message.isEmpty ? "status \(answer.status)" : message)
    case ("RepoNotFound", _): return .repository(name: name.description, hasToken: hasToken)
    case ("RevisionNotFound", _): return .revision(name: name.description, revision: name.revision)
    case ("EntryNotFound", _): return .entry(place: subject.place)
    case (nil, 401) where hasToken && message.lowercased().contains("token"),
      (nil, 401) where hasToken && message.lowercased().contains("credentials"):
      return .token(place: subject.place, message: message)
    // Said of what does not exist, and of what is private: the hub does not tell which.
    case (nil, 401): return .repository(name: name.description, hasToken: hasToken)
    case (_, 403), (_, 401):
      return .forbidden(place: subject.place, message: message.isEmpty ? "status \(answer.status)" : message)
    case (nil, 404):
      return subject.file == nil
        ? .repository(name: name.description, hasToken: hasToken) : .entry(place: subject.place)
    default: return .status(place: subject.place, status: answer.status, message: message)
    }
  }

  /// A document in JSON.
  /// - Throws: ``HubError``.
  func json(
    _ address: WebAddress, _ subject: Subject, limit: Int, maxValues: Int
  ) throws -> (answer: HTTPAnswer, value: JSONValue) {
    let (answer, bytes) = try document(address, subject, limit: limit)
    do {
      return (answer, try JSONValue.parse(bytes, file: subject.place, maxDepth: 32, maxValues: maxValues))
    } catch {
      throw HubError.answer(
        place: subject.place, expected: "a JSON document",
        found: "\(error.diagnostic.code): \(error.diagnostic.summary)")
    }
  }
}
