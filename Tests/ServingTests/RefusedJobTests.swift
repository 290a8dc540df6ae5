import Inference
import Serving
import StrictJSON
import Testing
import Threads

/// Requests of which an engine takes a part.
@Suite struct RefusedJobTests {
  /// Takes one job, which goes on until it is cancelled.
  private final class NarrowEngine: GenerationEngine {
    struct Handle: GenerationHandle {
      let cancelled: Monitor<Int>
      let deliver: @Sendable (GenerationEvent) -> Void

      func cancel() {
        cancelled.change { $0 += 1 }
        deliver(.cancelled(nil))
      }
    }

    let taken = Monitor(0)
    let cancelled = Monitor(0)
    let adjustsLogits = false
    var load: EngineLoad { EngineLoad(running: 0, waiting: 0) }

    func submit(
      _ job: GenerationJob, deliver: @escaping @Sendable (GenerationEvent) -> Void
    ) throws(APIError) -> any GenerationHandle {
      let number = taken.change { taken in
        taken += 1
        return taken
      }
      guard number == 1 else { throw APIError(.tooMany, "full", retryAfter: 1) }
      deliver(.started)
      return Handle(cancelled: cancelled, deliver: deliver)
    }

    func drain() {}
    func stop() {}
  }

  @Test func `of a request whose second answer has no place the first is given up, and nothing is counted`() throws {
    let engine = NarrowEngine()
    let service = Service(try DemoModel.text(), engine: engine, options: ServiceOptions(names: ModelNames(["demo"]))) {
      _ in .vanilla
    }
    let body = JSONWriter.compact(ChatAnswerTests.request([("n", 2)]))
    let prepared = try service.prepare(service.reader.request(body, .chat))
    let counted = Monitor(0)
    let error = refused { _ = try service.answer(prepared) { _ in counted.change { $0 += 1 } } }
    #expect(error?.kind == .tooMany && error?.retryAfter == 1)
    #expect(engine.cancelled.look { $0 } == 1)
    #expect(counted.look { $0 } == 0)
  }
}
