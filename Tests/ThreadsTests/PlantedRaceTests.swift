import Dispatch
import Foundation
import Testing
import Threads

/// What the thread sanitizer must report: `tools/sanitize thread` asks for it by `CAMBIUM_PLANT_RACE`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CAMBIUM_PLANT_RACE"] != nil)) struct PlantedRaceTests {
  /// How blocks of a file were once handed over: the semaphores order the elements, and not the array that holds them.
  @Test func `an array that one thread assigns into while another reads it`() throws {
    let ring = Ring()
    let reader = try SpawnedThread("reader") {
      var sum = 0
      for number in 0..<2000 {
        ring.filled.wait()
        sum += ring.contents[number % 4]
        ring.free.signal()
      }
      ring.sum.withLock { $0 = sum }
    }
    for number in 0..<2000 {
      ring.free.wait()
      ring.contents[number % 4] = number
      ring.filled.signal()
    }
    reader.wait()
    #expect(ring.sum.withLock { $0 } == 1_999_000)
  }

  private final class Ring: @unchecked Sendable {
    var contents = [0, 0, 0, 0]
    let free = DispatchSemaphore(value: 0)
    let filled = DispatchSemaphore(value: 0)
    let sum = Guarded(0)

    init() { for _ in 0..<4 { free.signal() } }
  }
}
