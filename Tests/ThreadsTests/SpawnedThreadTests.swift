import Foundation
import Testing
import Threads

@Suite struct SpawnedThreadTests {
  @Test func `what a thread did is seen after waiting for it`() throws {
    for number in 0..<100 {
      let seen = Guarded(0)
      let thread = try SpawnedThread("test") { seen.withLock { $0 = number } }
      thread.wait()
      #expect(seen.withLock { $0 } == number)
    }
  }

  @Test func `a thread that does not start is an error with a next step and not a hang`() throws {
    #expect(throws: ThreadError.notStarted(name: "reader", errno: EAGAIN)) {
      try SpawnedThread("reader", by: .refusing(after: 0)) { Issue.record("it ran") }
    }
    let diagnostic = ThreadError.notStarted(name: "reader", errno: EAGAIN).diagnostic
    #expect(diagnostic.code == "E_THREADS")
    #expect(diagnostic.exitStatus.rawValue == 75)
    #expect(diagnostic.expected == "a thread for reader")
    #expect(diagnostic.found?.contains("errno \(EAGAIN)") == true)
    #expect(diagnostic.next?.contains("ulimit -u") == true)
  }

  @Test(arguments: [0, 1]) func `when one of several threads does not start those that did are ended and waited for`(
    starting: Int
  ) {
    let channel = Channel<Int>(capacity: 1, receivers: 1)
    let ended = Guarded(0)
    let bodies = [0, 1].map { number in
      (
        name: "part \(number)",
        body: { @Sendable in
          channel.receive(as: 0) { _ in }
          ended.withLock { $0 += 1 }
        }
      )
    }
    #expect(throws: ThreadError.notStarted(name: "part \(starting)", errno: EAGAIN)) {
      try SpawnedThread.all(bodies, by: .refusing(after: starting), orElse: channel.cancel)
    }
    #expect(ended.withLock { $0 } == starting)
  }
}
