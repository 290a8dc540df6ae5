import Diagnostics
import Inference

/// A request on its way to the engine's thread.
struct Submission: Sendable {
  let request: SequenceRequest
  let memory: SequenceMemory
  let prefix: PrefixKey?
  let handle: SequenceHandle
  let deliver: @Sendable (SequenceEvent) -> Void

  /// Probabilities by number of token, until the tokens are delivered. For the engine's thread.
  private final class Probabilities {
    var tokens: [Int: SequenceToken] = [:]
    var next = 0

    func take(_ id: Int) -> SequenceToken {
      defer { next += 1 }
      return tokens.removeValue(forKey: next) ?? SequenceToken(id: id)
    }
  }

  /// The job that a batch takes.
  /// - Parameter isStopping: Whether all are to be cancelled.
  func job(isStopping: @escaping () -> Bool) -> SequenceJob {
    let probabilities = Probabilities()
    // Where nothing grows with the tokens there is memory for any number of them.
    let (positions, isBeyond) = request.prompt.tokens.count.addingReportingOverflow(request.limit)
    return SequenceJob(
      number: handle.number, positions: isBeyond ? .max : positions, memory: memory, prefix: prefix,
      start: { [request] session in
        try session.start(request.prompt, request.method, request.options { probabilities.tokens[$0] = $1 })
      },
      isCancelled: { [handle] in handle.isCancelled || isStopping() },
      deliver: { [deliver] event in
        switch event {
        case .started: deliver(.started)
        case .tokens(let ids): deliver(.tokens(ids.map(probabilities.take)))
        case .finished(let decoding):
          deliver(.finished(decoding.finish ?? .limit, decoding.statistics))
        case .cancelled(let decoding): deliver(.cancelled(decoding?.statistics ?? DecodingStatistics()))
        case .failed(let error): deliver(.failed(error))
        }
      })
  }
}

extension SequenceRequest {
  /// The options of its decoding.
  /// - Parameter note: Takes each token's number, and the token with its probabilities when they are asked for.
  func options(_ note: @escaping (Int, SequenceToken) -> Void = { _, _ in }) -> DecodingOptions {
    var options = DecodingOptions(
      limit: limit, stops: stops, sampling: sampling, draftShortlist: draftShortlist, prediction: prediction)
    options.measuresShortlist = measuresShortlist
    options.rules = rules
    options.constraint = constraint
    if let count = topLogProbabilities {
      options.onLogits = { index, id, logits in
        let row = LogProbabilities(logits)
        note(index, SequenceToken(id: id, logProbability: row[id], likeliest: row.likeliest(count)))
      }
    }
    return options
  }

  /// - Throws: `InferenceError` for what cannot be decoded.
  func check(_ model: LoadedModel) throws(InferenceError) {
    try DecodingSession.check(model, prompt, method, options())
    if let count = topLogProbabilities, !(0...model.configuration.vocabulary).contains(count) {
      throw .option(
        name: "likeliest tokens", expected: "0 to \(model.configuration.vocabulary)", found: "\(count)")
    }
  }
}
