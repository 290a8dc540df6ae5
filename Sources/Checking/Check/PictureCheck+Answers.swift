import Inference

extension PictureCheck {
  /// The answers of the model itself, by vanilla decoding; all pictures share passes.
  public func answers(
    _ pictures: [Picture], limit: Int, promptChunk: Int = 256, arithmetic: Arithmetic = .canonical,
    isStopped: @escaping () -> Bool = { false }
  ) throws -> [String] {
    let options = CheckOptions(
      limit: limit, promptChunk: promptChunk, arithmetic: arithmetic, isStopped: isStopped)
    let tasks = try pictures.map { picture in
      guard !isStopped() else { throw CancellationError() }
      return DecodingTask(prompt: try prompt(picture), method: .vanilla, limit: limit, stops: stops)
    }
    return try DecodingsTogether(model: model, pool: pool, options: options).run(tasks).map { record in
      try text(record.result().tokens)
    }
  }
}
