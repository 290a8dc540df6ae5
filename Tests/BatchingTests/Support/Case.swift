import Batching
import Digests
import Inference
import TestSupport
import Threads

/// A sequence that a test decodes alone and among others.
struct Case: Sendable {
  var prompt: Prompt
  var method: DecodingMethod
  var limit: Int
  var stops: Set<Int> = []
  var sampling = Sampling.greedy
  var shortlist = 0
}

/// What a sequence gave, by bytes.
struct Outcome: Equatable {
  var tokens: [Int] = []
  /// Of the logits that each token was chosen by.
  var logits: [SHA256Digest] = []
  var state: SHA256Digest?
  var finish: Decoding.Finish?
  var failure: InferenceError?
}

/// Takes what a decoding shows.
final class Watch {
  var outcome = Outcome()

  func options(_ item: Case) -> DecodingOptions {
    DecodingOptions(
      limit: item.limit, stops: item.stops, sampling: item.sampling, draftShortlist: item.shortlist,
      onLogits: { [unowned self] _, _, logits in
        outcome.logits.append(SHA256Digest.of(UnsafeRawBufferPointer(logits)))
      })
  }

  func end(_ decoding: Decoding) {
    outcome.finish = decoding.finish
    outcome.failure = decoding.failure
    if decoding.failure == nil { outcome.state = decoding.session.stateDigest }
  }
}

extension Case {
  /// Alone, in a session of its own.
  func alone(_ model: LoadedModel, threads: Int = 1) -> Outcome {
    let watch = Watch()
    let session = DecodingSession(model, threads: threads)
    do throws(InferenceError) {
      let decoding = try session.decode(prompt, method, watch.options(self))
      for token in decoding { watch.outcome.tokens.append(token) }
      watch.end(decoding)
    } catch {
      watch.outcome.failure = error
    }
    return watch.outcome
  }

  /// As a batch takes it; `watch` has its outcome at the end.
  func job(
    _ number: Int, _ model: LoadedModel, _ watch: Watch, promptRows: Int = 256,
    cache: PrefixCacheOptions? = nil, salt: String = "", isCancelled: @escaping () -> Bool = { false },
    told: @escaping (SequenceJob.Event) -> Void = { _ in }
  ) -> SequenceJob {
    SequenceJob(
      number: number, positions: prompt.tokens.count + limit,
      memory: SequenceMemory(
        model, method, tokens: prompt.tokens.count + limit, promptRows: min(promptRows, prompt.tokens.count),
        sampling: sampling),
      prefix: cache.map { PrefixKey(prompt, method, salt: salt, $0) },
      start: { try $0.start(prompt, method, watch.options(self)) },
      isCancelled: isCancelled,
      deliver: { event in
        switch event {
        case .tokens(let tokens): watch.outcome.tokens += tokens
        case .finished(let decoding): watch.end(decoding)
        case .failed(let error): watch.outcome.failure = error as? InferenceError
        case .started, .cancelled: break
        }
        told(event)
      })
  }
}

extension DecodingSession {
  /// A digest of every layer's accepted state.
  var stateDigest: SHA256Digest {
    var hash = SHA256Stream()
    for layer in state.layerStates {
      let parts =
        switch layer {
        case .attention(let keys, let values): [keys, values]
        case .delta(let convolution, let recurrent): [convolution, recurrent]
        }
      for part in parts { part.withUnsafeBytes { hash.update($0) } }
    }
    return hash.finish()
  }
}
