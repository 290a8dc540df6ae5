import Inference

extension PictureCheck {
  /// The answers of the model itself, by vanilla decoding; all pictures share passes.
  /// - Parameters:
  ///   - pictures: What is asked about.
  ///   - limit: Tokens of an answer at most.
  ///   - promptChunk: Rows of a pass over a prompt.
  ///   - arithmetic: How matrix products are formed.
  ///   - journal: Keeps the answers that are made, under a name that has the model in it: the journal may be that of another
  ///     model's check.
  ///   - isStopped: Asked between steps.
  public func answers(
    _ pictures: [Picture], limit: Int, promptChunk: Int = 256, arithmetic: Arithmetic = .canonical,
    journal: CheckJournal? = nil, isStopped: @escaping () -> Bool = { false }
  ) throws -> [String] {
    var options = CheckOptions(
      limit: limit, stops: stops, promptChunk: promptChunk, arithmetic: arithmetic, isStopped: isStopped)
    options.journal = journal
    let prompts = try prompts(pictures, isStopped: isStopped)
    let names = try journal.map { _ in
      DecodingNames("captions \(try CheckJournal.key(model).hex)", prompts, options)
    }
    let tasks = prompts.enumerated().map { number, prompt in
      DecodingTask(
        name: names?.name(number, "vanilla", withStops: true), prompt: prompt.prompt, method: .vanilla, limit: limit,
        stops: stops)
    }
    return try DecodingsTogether(model: model, pool: pool, options: options).run(tasks).map { record in
      try text(record.result().tokens)
    }
  }
}
