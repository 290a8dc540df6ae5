import Inference
import Serving
import StrictJSON
import Testing
import Threads

/// Readers that leave while an engine gives, held at the moment that matters.
@Suite struct LeavingReaderTests {
  /// An engine whose events the test gives, from threads of its own.
  private final class OpenEngine: GenerationEngine {
    struct Handle: GenerationHandle {
      let cancelled: Monitor<Int>
      func cancel() { cancelled.change { $0 += 1 } }
    }

    /// How often a job was cancelled.
    let cancelled = Monitor(0)
    private let takers = Monitor<[@Sendable (GenerationEvent) -> Void]>([])
    let adjustsLogits = false
    var load: EngineLoad { EngineLoad(running: 0, waiting: 0) }

    func submit(
      _ job: GenerationJob, deliver: @escaping @Sendable (GenerationEvent) -> Void
    ) throws(APIError) -> any GenerationHandle {
      takers.change { $0.append(deliver) }
      return Handle(cancelled: cancelled)
    }
    func drain() {}
    func stop() {}

    func give(_ event: GenerationEvent, to job: Int) { takers.look { $0[job] }(event) }
  }

  private func service(_ engine: OpenEngine) throws -> Service {
    Service(
      try DemoModel.text(), engine: engine, options: ServiceOptions(names: ModelNames(["demo"])), seed: { 1 }
    ) { (_) throws(APIError) -> DecodingMethod in .vanilla }
  }

  private func prepared(_ service: Service, choices: Int = 1) throws -> PreparedRequest {
    let body: JSONValue = [
      "model": "demo", "n": .int(choices), "messages": [["role": "user", "content": "Hi"]],
    ]
    return try service.prepare(service.reader.request(JSONWriter.compact(body), .chat))
  }

  @Test func `a reader who leaves while a step is given is heard before the step is over`() async throws {
    let engine = OpenEngine()
    let service = try service(engine)
    let reading = Monitor<Task<Int, Never>?>(nil)
    let ends = Monitor<[String]>([])
    let events = try service.answer(
      prepared(service), record: { totals in ends.change { $0.append(totals.finish) } },
      note: { event in
        guard case .delta = event else { return }
        // The thread of the engine stays here until the job is cancelled, which the reader's end does.
        reading.wait { $0 }.cancel()
        engine.cancelled.wait { $0 > 0 ? true : nil as Bool? }
      })
    let reader = Task {
      var count = 0
      for await _ in events { count += 1 }
      return count
    }
    let id = service.model.tokenizer.encode("a")[0]
    reading.change { $0 = reader }
    let thread = try SpawnedThread("engine") {
      engine.give(.started, to: 0)
      engine.give(.tokens([GeneratedToken(id: id)]), to: 0)
      engine.give(.tokens([GeneratedToken(id: id)]), to: 0)
      engine.give(.cancelled(nil), to: 0)
    }
    let count = await reader.value
    thread.wait()
    // What was given behind its end reached nobody, and the job was ended and counted once.
    #expect(count <= 2 && ends.look { $0 } == ["cancelled"])
  }

  @Test func `an answer's steps of two threads go out in one order, and neither thread waits for the other`()
    async throws
  {
    let engine = OpenEngine()
    let service = try service(engine)
    let isHeld = Monitor(false)
    let isFree = Monitor(false)
    let events = try service.answer(
      prepared(service, choices: 2),
      note: { event in
        guard case .delta(0, _, _, _) = event else { return }
        isHeld.change { $0 = true }
        isFree.wait { $0 ? true : nil as Bool? }
      })
    let id = service.model.tokenizer.encode("a")[0]
    let thread = try SpawnedThread("engine") {
      engine.give(.started, to: 0)
      engine.give(.tokens([GeneratedToken(id: id)]), to: 0)
      engine.give(.finished(.limit, DecodingStatistics()), to: 0)
    }
    isHeld.wait { $0 ? true : nil as Bool? }
    // The other thread stands within its step: this one comes and goes.
    engine.give(.tokens([GeneratedToken(id: id)]), to: 1)
    engine.give(.finished(.limit, DecodingStatistics()), to: 1)
    isFree.change { $0 = true }
    thread.wait()
    var steps: [String] = []
    for await event in events {
      switch event {
      case .started: steps.append("started")
      case .delta(let index, _, _, _): steps.append("delta \(index)")
      case .ended(let index, _): steps.append("ended \(index)")
      case .finished: steps.append("finished")
      case .failed: steps.append("failed")
      }
    }
    #expect(steps == ["started", "delta 0", "delta 1", "ended 1", "ended 0", "finished"])
  }
}
