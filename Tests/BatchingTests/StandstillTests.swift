import Batching
import Inference
import Testing
import Threads

/// How an engine that stands is known, by a clock that the test moves.
@Suite struct StandstillTests {
  @Test func `a thread without work never stands, and one with work stands from its last step on`() {
    let time = Monitor(Duration.zero)
    let pulse = WorkPulse { time.look { $0 } }
    let at = { (seconds: Int) in time.change { $0 = .seconds(seconds) } }
    at(100)
    #expect(pulse.standstill == nil)
    pulse.begin()
    at(107)
    // More work is no step.
    pulse.begin()
    #expect(pulse.standstill == .seconds(7))
    pulse.beat(isBusy: true)
    #expect(pulse.standstill == .zero)
    at(110)
    pulse.pause()
    #expect(pulse.standstill == nil)
    pulse.begin()
    #expect(pulse.standstill == nil)
    pulse.beat(isBusy: true)
    at(111)
    #expect(pulse.standstill == .seconds(1))
    pulse.beat(isBusy: false)
    at(500)
    #expect(pulse.standstill == nil)
  }

  @Test func `an engine whose thread is held stands, and no longer when it goes on`() throws {
    let time = Monitor(Duration.zero)
    let engine = try BatchEngine(
      BatchModels.demo(), BatchOptions(pace: .rows(32), threads: 1), pulse: WorkPulse { time.look { $0 } })
    #expect(engine.standstill == nil)
    let (isHeld, isFree, isOver) = (Monitor(false), Monitor(false), Monitor(false))
    try engine.submit(SequenceRequest([1, 2, 3], limit: 2)) { event in
      switch event {
      case .started:
        // The engine's thread stays here.
        isHeld.change { $0 = true }
        isFree.wait { $0 ? true : nil as Bool? }
      case .tokens: break
      case .finished, .cancelled, .failed: isOver.change { $0 = true }
      }
    }
    isHeld.wait { $0 ? true : nil as Bool? }
    time.change { $0 = .seconds(90) }
    #expect(engine.standstill == .seconds(90))
    isFree.change { $0 = true }
    engine.drain()
    #expect(isOver.look { $0 } && engine.standstill == nil)
  }
}
