import Foundation
import Testing
import Threads

/// What the thread sanitizer must report: `tools/sanitize thread` asks for it by `CAMBIUM_PLANT_RACE`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["CAMBIUM_PLANT_RACE"] != nil)) struct PlantedRaceTests {
  /// How blocks of a file were once handed over: what orders the elements does not order the array that holds them. Here
  /// nothing at all orders the two, so that the report does not hang on both threads working at the same moment.
  @Test func `an array that one thread assigns into while another reads it`() throws {
    let ring = Ring()
    let reader = try SpawnedThread("reader") {
      for number in 0..<4 { ring.sum += ring.contents[number] }
    }
    for number in 0..<4 { ring.contents[number] = 1 }
    reader.wait()
    #expect((0...4).contains(ring.sum))
  }

  private final class Ring: @unchecked Sendable {
    var contents = [0, 0, 0, 0]
    var sum = 0
  }
}
