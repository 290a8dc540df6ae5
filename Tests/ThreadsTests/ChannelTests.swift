import Testing
import Threads

@Suite struct ChannelTests {
  @Test(arguments: [1, 2, 3, 7], [1, 2, 3]) func `every receiver gets every element in order`(
    capacity: Int, receivers: Int
  ) throws {
    let channel = Channel<[Int]>(capacity: capacity, receivers: receivers)
    let seen = Guarded([[Int]](repeating: [], count: receivers))
    let threads = try (0..<receivers).map { receiver in
      try SpawnedThread("receiver") {
        channel.receive(as: receiver) { element in seen.withLock { $0[receiver] += element } }
      }
    }
    for number in 0..<500 { channel.send([number]) }
    channel.close()
    threads.forEach { $0.wait() }
    #expect(seen.withLock { $0 } == Array(repeating: Array(0..<500), count: receivers))
  }

  @Test func `the sender is never further ahead than the capacity`() throws {
    let channel = Channel<Int>(capacity: 3, receivers: 2)
    let sent = Guarded(0)
    let sender = try SpawnedThread("sender") {
      while let slot = channel.room(), slot >= 0 {
        let number = sent.withLock { $0 }
        guard number < 200 else { break }
        sent.withLock { $0 += 1 }
        channel.send(number)
      }
      channel.close()
    }
    let slow = try SpawnedThread("slow") {
      channel.receive(as: 1) { number in
        let ahead = sent.withLock { $0 } - number
        #expect(ahead <= 4, "three in their slots, and the one that is being made")
      }
    }
    channel.receive(as: 0) { _ in }
    sender.wait()
    slow.wait()
  }

  @Test func `a slot is not given out while a receiver still has its element`() throws {
    let channel = Channel<Int>(capacity: 2, receivers: 1)
    // The sender writes plain memory in the slot that it was given: the thread sanitizer is the witness.
    let memory = Memory(count: 2)
    let sender = try SpawnedThread("sender") {
      for number in 0..<1000 {
        guard let slot = channel.room() else { return }
        memory.numbers[slot] = number
        channel.send(slot)
      }
      channel.close()
    }
    var sum = 0
    channel.receive(as: 0) { sum += memory.numbers[$0] }
    sender.wait()
    #expect(sum == 499_500)
  }

  @Test func `cancelling ends the sender and the receivers`() throws {
    let channel = Channel<Int>(capacity: 1, receivers: 2)
    let other = try SpawnedThread("other") { channel.receive(as: 1) { _ in } }
    let sender = try SpawnedThread("sender") { while channel.send(1) {} }
    struct Enough: Error {}
    #expect(throws: Enough.self) { try channel.receive(as: 0) { _ in throw Enough() } }
    sender.wait()
    other.wait()
    #expect(!channel.send(2))
    #expect(channel.room() == nil)
  }

  @Test func `a closed channel without elements ends at once`() {
    let channel = Channel<Int>(capacity: 4, receivers: 1)
    channel.close()
    channel.receive(as: 0) { _ in Issue.record("nothing was sent") }
    #expect(!channel.send(1))
  }

  @Test func `an element is let go when the last receiver has done with it`() {
    final class Thing: Sendable {}
    let channel = Channel<Thing>(capacity: 3, receivers: 1)
    weak var thing: Thing?
    do {
      let made = Thing()
      thing = made
      channel.send(made)
    }
    #expect(thing != nil)
    channel.close()
    channel.receive(as: 0) { _ in }
    #expect(thing == nil)
  }
}

/// Numbers without any lock.
private final class Memory: @unchecked Sendable {
  let numbers: UnsafeMutablePointer<Int>
  init(count: Int) {
    numbers = .allocate(capacity: count)
    numbers.initialize(repeating: 0, count: count)
  }
  deinit { numbers.deallocate() }
}
